import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { LoopbackListener, startNode } from './start-node.ts'

describe('a real bitcoind dials our node', () => {
  it.each(['v2', 'v1'] as const)('over %s', async (protocol) => {
    const listener = new LoopbackListener()
    await using node = await startNode({}, { listeners: [listener] })
    await using bitcoind = await RegtestBitcoind.start()
    const ready = node.events.next('peer-ready', { timeout: 30_000 })
    await bitcoind.rpc('addnode', `127.0.0.1:${listener.address!.port}`, 'onetry', protocol === 'v2')
    const event = await ready
    expect(event.kind).toBe('inbound')
    expect(event.protocol).toBe(protocol)
    const ours = node.peers()[0]!
    const [theirs] =
      await bitcoind.rpc<{ session_id: string; inbound: boolean; transport_protocol_type: string }[]>(
        'getpeerinfo',
      )
    expect(theirs).toMatchObject({
      inbound: false,
      transport_protocol_type: protocol,
      session_id: ours.sessionId ?? '',
    })
  })
})
