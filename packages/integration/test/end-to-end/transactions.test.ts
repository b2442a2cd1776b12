import { asWtxid, hashToHex, InventoryType, regtest, txid, wtxid } from '@sapwood/wire-codec'
import { createPeer, type Peer, peerId } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { describe, expect, it } from 'vitest'
import { mineWithPayments, RegtestBitcoind } from '../../src/index.ts'

describe('transactions of a real bitcoind', () => {
  it('are seen in its announcements by wtxid, and fetched', async () => {
    // To those with this permission it announces at once, instead of after some seconds at random.
    await using bitcoind = await RegtestBitcoind.start({ args: ['-whitelist=noban@127.0.0.1'] })
    await mineWithPayments(bitcoind, 110)
    const transport = await connect(bitcoind.p2pAddress, { dialer: createTcpDialer(), network: regtest })
    await using peer = createPeer(
      transport,
      { id: peerId(1), kind: 'manual', network: regtest, version: { relay: true } },
      { clock: systemClock, random: systemRandom },
    )
    await peer.handshake
    const address = await bitcoind.rpc<string>('getnewaddress')
    // Listened before it is sent: what was said before `messages()` is not kept.
    const heard = peer.messages()
    const sent = await bitcoind.rpc<string>('sendtoaddress', address, 0.5)
    const { wtxid: announced } = await announcedTransaction(heard)
    const { transactions, notFound } = await peer.getTransactions([{ kind: 'wtxid', hash: announced }])
    expect(notFound).toEqual([])
    expect(hashToHex(txid(transactions[0]!))).toBe(sent)
    expect(wtxid(transactions[0]!)).toEqual(announced)
  })
})

async function announcedTransaction(
  heard: ReturnType<Peer['messages']>,
): Promise<{ readonly wtxid: ReturnType<typeof wtxid> }> {
  for await (const { message } of heard) {
    if (message.type !== 'message' || message.message.type !== 'inv') continue
    const entry = message.message.inventory.find(({ type }) => type === InventoryType.WTX)
    if (entry !== undefined) return { wtxid: asWtxid(entry.hash) }
  }
  throw new Error('the connection ended before anything was announced')
}
