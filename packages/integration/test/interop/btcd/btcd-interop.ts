import { mineMorePayments } from '../../../src/bitcoind/funded-chain.ts'
import type { Program } from '../../../src/programs/find-program.ts'
import type { InteropCase, InteropOptions } from '../run-cases.ts'
import { startBtcd } from './btcd.ts'
import { BTCD, NEUTRINO_WALLET } from './go-programs.ts'
import { findPayments } from './neutrino.ts'
import { reorganise, STEP_TIMEOUT, tipOf, withServedChain } from './serving-node.ts'

/** Blocks that btcd fetches before it has any. */
const BLOCKS = 300
const MORE_BLOCKS = 5
/** Blocks that a reorg takes back. */
const DEPTH = 6

/** Our node that serves, and the clients of others. */
export const btcdCases: readonly InteropCase[] = [
  ...[false, true].map((v2) => ({
    name: `btcd, its whole download from our node, ${v2 ? 'v2' : 'v1'}`,
    program: BTCD,
    run: (program: Program, options: InteropOptions) => wholeDownload(program, v2, options),
  })),
  { name: 'neutrino, a wallet by our filters, v1', program: NEUTRINO_WALLET, run: findPayments },
]

/** A btcd with an empty folder comes to our tip, and follows what is mined and reorganised. */
async function wholeDownload(program: Program, v2: boolean, { keep }: InteropOptions): Promise<string> {
  return await withServedChain(BLOCKS, async ({ bitcoind, node, server, address }) => {
    await using btcd = await startBtcd({ program, connect: address, v2, keep })
    const follow = async (): Promise<number> => {
      const { height, hash } = await tipOf(bitcoind)
      const told = await btcd.waitForHeight(height, STEP_TIMEOUT)
      if (told.hash !== hash) throw new Error(`at ${height} btcd has ${told.hash}, and not ${hash}`)
      return height
    }
    const height = await follow()
    const spoken = node.peers().find(({ inbound }) => inbound)?.transport
    if (spoken !== (v2 ? 'v2' : 'v1')) throw new Error(`spoken: ${String(spoken)}`)
    await mineMorePayments(bitcoind, MORE_BLOCKS)
    const more = await follow()
    await reorganise(bitcoind, DEPTH)
    const other = await follow()
    const { blocks, blockBytes, refused } = server.info()
    if (refused > 0) throw new Error(`${refused} requests of it were refused`)
    return `${height} blocks, to ${more}, a reorg of ${DEPTH} to ${other}; ${blocks} blocks of ${blockBytes} bytes served`
  })
}
