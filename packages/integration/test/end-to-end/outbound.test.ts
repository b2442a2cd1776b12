import { isTransportError, neverFallback } from '@sapwood/transport-v1v2'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { startNode } from './start-node.ts'

interface BitcoindPeer {
  readonly transport_protocol_type: string
  readonly session_id: string
  readonly inbound: boolean
  readonly subver: string
}

describe('our node dials a real bitcoind', () => {
  it('speaks v2, with the same session id on both sides', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await using node = await startNode()
    const { peer, version } = await node.network.connectPeer(bitcoind.p2pAddress)
    const ours = node.peers()[0]!
    expect(ours.id).toBe(peer)
    expect(ours.transport).toBe('v2')
    expect(version.userAgent).toMatch(/^\/Satoshi:/)
    const [theirs] = await bitcoind.rpc<BitcoindPeer[]>('getpeerinfo')
    expect(theirs).toMatchObject({ transport_protocol_type: 'v2', inbound: true, session_id: ours.sessionId })
    expect(theirs!.subver).toMatch(/sapwood/)
  })

  it('falls back to v1 where the peer speaks nothing else', async () => {
    await using bitcoind = await RegtestBitcoind.start({ args: ['-v2transport=0'] })
    await using node = await startNode()
    await node.network.connectPeer(bitcoind.p2pAddress)
    const ours = node.peers()[0]!
    expect(ours.transport).toBe('v1')
    expect(ours.sessionId).toBeUndefined()
    const infos = await bitcoind.rpc<BitcoindPeer[]>('getpeerinfo')
    expect(infos.map((info) => info.transport_protocol_type)).toEqual(['v1'])
  })

  it('says so, in a typed error, where falling back is off', async () => {
    await using bitcoind = await RegtestBitcoind.start({ args: ['-v2transport=0'] })
    await using node = await startNode({ fallback: neverFallback })
    const failed = node.events.next('connection-failed', { timeout: 30_000 })
    await expect(node.network.connectPeer(bitcoind.p2pAddress, { once: true })).rejects.toMatchObject({
      code: 'connection-failed',
    })
    const { error } = await failed
    expect(isTransportError(error) && error.code).toBe('unexpected-end')
    expect(await bitcoind.rpc('getpeerinfo')).toEqual([])
  })
})
