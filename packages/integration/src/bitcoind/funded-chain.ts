import type { RegtestBitcoind } from './regtest-bitcoind.ts'

/** Blocks until the first coins can be spent. */
const FIRST_SPENDABLE = 101
/** Blocks mined between two rounds of payments. */
const ROUND = 5
/** Payments of one round. */
const PAYMENTS = 3
/** Bitcoin of each. */
const AMOUNT = 0.1

/** Has bitcoind mine a chain with payments in it, made by a wallet of its own. */
export async function mineWithPayments(bitcoind: RegtestBitcoind, blocks: number): Promise<void> {
  await bitcoind.rpc('createwallet', 'miner')
  const address = await bitcoind.rpc<string>('getnewaddress')
  await bitcoind.mine(Math.min(blocks, FIRST_SPENDABLE), address)
  await mineMorePayments(bitcoind, blocks - FIRST_SPENDABLE)
}

/** Has a bitcoind whose wallet has coins mine on, with payments; to another address each time. */
export async function mineMorePayments(bitcoind: RegtestBitcoind, blocks: number): Promise<void> {
  const address = await bitcoind.rpc<string>('getnewaddress')
  for (let left = blocks; left > 0; left -= ROUND) {
    for (let i = 0; i < PAYMENTS; i++) {
      await bitcoind.rpc('sendtoaddress', address, AMOUNT)
    }
    await bitcoind.mine(Math.min(left, ROUND), address)
  }
}
