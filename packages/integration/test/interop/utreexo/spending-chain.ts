import { RegtestBitcoind } from '../../../src/index.ts'
import { mineEveryForm, payAround, sweep } from '../../utreexo/script-forms.ts'

/** Blocks that a reorg takes back, and blocks of its other branch. */
const REORG = { depth: 3, length: 5 }

/** A bitcoind whose chain spends coins of every script form, raised leaves, and sweeps; its tip is of now. */
export async function startSpendingChain(): Promise<RegtestBitcoind> {
  const bitcoind = await RegtestBitcoind.start()
  await mineEveryForm(bitcoind, 4)
  await sweep(bitcoind)
  await payAround(bitcoind, 40)
  await sweep(bitcoind)
  await payAround(bitcoind, 20)
  return bitcoind
}

/** Some blocks more, with spends. @returns the height. */
export async function mineMore(bitcoind: RegtestBitcoind): Promise<number> {
  await payAround(bitcoind, 3)
  await sweep(bitcoind)
  return await bitcoind.rpc<number>('getblockcount')
}

/**
 * Leaves the last blocks for a longer branch, which has their transactions in other blocks.
 * @returns the height.
 */
export async function reorganise(bitcoind: RegtestBitcoind): Promise<number> {
  const tip = await bitcoind.rpc<number>('getblockcount')
  await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getblockhash', tip + 1 - REORG.depth))
  await bitcoind.mine(REORG.length, await bitcoind.rpc<string>('getnewaddress'))
  return await bitcoind.rpc<number>('getblockcount')
}
