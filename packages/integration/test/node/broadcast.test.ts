import { decodeTransaction, hashToHex, hexToBytes, txid } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

const HEIGHT = 110

/** Gives `to` the blocks of `from`, with no connection between them. */
async function copyChain(from: RegtestBitcoind, to: RegtestBitcoind): Promise<void> {
  for (let height = 1; height <= HEIGHT; height++) {
    const hash = await from.rpc<string>('getblockhash', height)
    await to.rpc('submitblock', await from.rpc<string>('getblock', hash, 0))
  }
}

describe('a broadcast', () => {
  it('reaches three real bitcoinds that know nobody else, and is in their mempools', async () => {
    await using one = await RegtestBitcoind.start()
    await using two = await RegtestBitcoind.start()
    await using three = await RegtestBitcoind.start()
    const bitcoinds = [one, two, three]
    await one.rpc('createwallet', 'payer')
    const address = await one.rpc<string>('getnewaddress')
    await one.rpc('generatetoaddress', HEIGHT, address)
    await Promise.all([copyChain(one, two), copyChain(one, three)])
    const raw = await one.rpc<string>('createrawtransaction', [], [{ [address]: 1 }])
    const { hex: funded } = await one.rpc<{ hex: string }>('fundrawtransaction', raw)
    const { hex } = await one.rpc<{ hex: string }>('signrawtransactionwithwallet', funded)
    const transaction = decodeTransaction(hexToBytes(hex))
    const id = hashToHex(txid(transaction))

    await using node = await startNode()
    for (const { p2pAddress } of bitcoinds) await node.network.connectPeer(p2pAddress)
    await node.chain.waitForHeight(HEIGHT)
    await node.transactions.broadcast(transaction, { timeout: 30_000 })
    const isEverywhere = (): boolean => node.transactions.broadcasts()[0]!.requestedBy === 3
    while (!isEverywhere()) await node.events.next('broadcast-changed', { timeout: 30_000 })
    // A pong comes after what was sent before the ping has been worked through.
    await node.network.ping()
    for (const bitcoind of bitcoinds) expect(await bitcoind.rpc('getrawmempool')).toEqual([id])
  }, 120_000)
})
