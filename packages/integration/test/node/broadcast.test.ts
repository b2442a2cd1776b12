import { decodeTransaction, hashToHex, hexToBytes, txid } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

const HEIGHT = 110

describe('a broadcast', () => {
  it('reaches three real bitcoinds, and ends when one that was not told announces it to us', async () => {
    // To those with this permission bitcoind announces at once, instead of after some seconds at random.
    const args = ['-whitelist=noban@127.0.0.1']
    await using one = await RegtestBitcoind.start({ args })
    await using two = await RegtestBitcoind.start({ args })
    await using three = await RegtestBitcoind.start({ args })
    const bitcoinds = [one, two, three]
    await one.rpc('createwallet', 'payer')
    const address = await one.rpc<string>('getnewaddress')
    await one.rpc('generatetoaddress', HEIGHT, address)
    for (const other of [two, three]) {
      for (const known of bitcoinds) {
        if (known !== other) await other.rpc('addnode', `127.0.0.1:${known.p2pAddress.port}`, 'add')
      }
      await other.rpc('waitforblockheight', HEIGHT, 60_000)
    }
    const raw = await one.rpc<string>('createrawtransaction', [], [{ [address]: 1 }])
    const { hex: funded } = await one.rpc<{ hex: string }>('fundrawtransaction', raw)
    const { hex } = await one.rpc<{ hex: string }>('signrawtransactionwithwallet', funded)
    const transaction = decodeTransaction(hexToBytes(hex))

    await using node = await startNode()
    for (const { p2pAddress } of bitcoinds) await node.network.connectPeer(p2pAddress)
    await node.chain.waitForHeight(HEIGHT)
    await node.transactions.broadcast(transaction, { timeout: 30_000 })
    const isSeenBack = (): boolean => node.transactions.broadcasts()[0]!.seenFrom > 0
    while (!isSeenBack()) await node.events.next('broadcast-changed', { timeout: 30_000 })
    const id = hashToHex(txid(transaction))
    for (const bitcoind of bitcoinds) {
      // They pass it on to each other at once: some round trips of a ping are all that there is to wait for.
      while (!(await bitcoind.rpc<string[]>('getrawmempool')).includes(id)) await node.network.ping()
    }
    const [broadcast] = node.transactions.broadcasts()
    expect(broadcast!.requestedBy).toBeGreaterThan(0)
    expect(broadcast!.announcedTo).toBeLessThan(3)
  }, 120_000)
})
