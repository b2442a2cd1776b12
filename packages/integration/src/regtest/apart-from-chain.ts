import type { Block, BlockHash, Transaction } from '@sapwood/wire-codec'
import { mineBlock } from './mine-block.ts'
import type { RegtestChain } from './regtest-chain.ts'
import { outputOf, spend, WITNESS_OUTPUT_SCRIPT } from './regtest-transactions.ts'

/** Satoshi that a payment of ours leaves to the miner: far above what a node asks for. */
const FEE = 10_000n

/** What a block that is mined apart from a chain holds. */
export interface MineOnOptions {
  /** Its parent. Default: the tip. */
  readonly previous?: BlockHash
  /** Makes it differ from another on the same parent. At most 64 characters. */
  readonly tag: string
  readonly transactions?: readonly Transaction[]
}

/** Mines a block that a chain could have next, and does not put it there. */
export function mineBlockOn(
  chain: RegtestChain,
  { previous = chain.tip, tag, transactions = [] }: MineOnOptions,
): { readonly block: Block; readonly hash: BlockHash } {
  const time = (chain.headers.at(-1)?.time ?? 0) + 1
  const height = chain.height + 1
  return mineBlock({ height, previous, time, transactions, tag: new TextEncoder().encode(tag) })
}

/**
 * Spends what the miner of a block was paid, by a transaction that a node relays.
 * @param height of a block of this chain's own making, 100 blocks deep or more where it is to be valid.
 */
export function spendCoinbase(chain: RegtestChain, height: number): Transaction {
  const coin = outputOf(chain.at(height)!.block.transactions[0]!, 0)
  return spend(coin, [{ value: coin.value - FEE, scriptPubKey: WITNESS_OUTPUT_SCRIPT }])
}
