import type { BlockHash } from '@sapwood/wire-codec'
import { RegtestChain } from '../../../src/index.ts'
import { outputOf, spend } from '../../../src/regtest/regtest-transactions.ts'

/** Blocks below, so that there is a coin to spend. */
const BLOCKS = 110
const OUTPUTS = 24_000
/** One in so many is spent: each has as many more rows to be proved as this has halves. */
const STEP = 8

/** A chain whose last block spends so many coins, so far from each other, that its proof is a large one. */
export function wideChain(): { readonly chain: RegtestChain; readonly widest: BlockHash } {
  const chain = new RegtestChain({ blocks: BLOCKS, name: 'wide' })
  const scriptPubKey = Uint8Array.of(0x51)
  const fan = spend(
    outputOf(chain.at(1)!.block.transactions[0]!, 0),
    Array.from({ length: OUTPUTS }, () => ({ value: 1_000n, scriptPubKey })),
  )
  chain.mine(1, { include: [fan] })
  const first = outputOf(fan, 0)
  const inputs = Array.from(
    { length: OUTPUTS / STEP },
    (_, index) => spend({ ...first, index: STEP * index }, []).inputs[0]!,
  )
  const [block] = chain.mine(1, {
    include: [{ version: 2, inputs, outputs: [{ value: 1_000n, scriptPubKey }], lockTime: 0 }],
  })
  return { chain, widest: block!.hash }
}
