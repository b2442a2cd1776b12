import { baseRegistry, createRegistry, type MessageCodec, regtest } from '@sapwood/wire-codec'
import { isPeerError } from '@sapwood/peer'
import { onlyV1, V2_PACKET_OVERHEAD } from '@sapwood/transport-v1v2'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from './support/memory-network.ts'
import { mineHeaders } from './support/make-chain.ts'
import { startNode, stopNodes } from './support/start-node.ts'

interface Greeting {
  readonly type: 'greeting'
  readonly number: number
}

const greeting: MessageCodec<Greeting> = {
  command: 'greeting',
  shortId: 200,
  decode: (reader) => ({ type: 'greeting', number: reader.u32() }),
  encode: (message, writer) => void writer.u32(message.number),
}

interface Note {
  readonly type: 'note'
  readonly text: Uint8Array
}

const note: MessageCodec<Note> = {
  command: 'note',
  decode: (reader) => ({ type: 'note', text: reader.view(50) }),
  encode: (message, writer) => void writer.bytes(message.text),
}

const A = '1.2.3.4:18444'
const B = '5.6.7.8:18444'

describe('a node with messages of the program’s own', () => {
  it('sends them to one peer, and tells of those that come', async () => {
    const registry = createRegistry(baseRegistry, greeting)
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const a = await startNode({ network, clock, address: A, node: { registry } })
    const b = await startNode({ network, clock, address: B, node: { registry } })
    const connecting = b.network.connectPeer(A)
    await clock.advance(2_000)
    const { peer } = await connecting
    const heard = a.events.next('own-message')
    const back = b.events.next('own-message')
    expect(b.network.peer(peer).send({ type: 'greeting', number: 7 } as Greeting)).toBe(true)
    await clock.advance(1_000)
    const { message, peer: from } = await heard
    expect(message).toEqual({ type: 'greeting', number: 7 })
    a.network.peer(from).send({ type: 'greeting', number: 8 } as Greeting)
    await clock.advance(1_000)
    expect((await back).message).toEqual({ type: 'greeting', number: 8 })
    // One byte of id, as the registry has it: both sides have agreed on v2.
    const { sentByMessage } = b.peers()[0]!
    expect(sentByMessage['greeting']).toEqual({ messages: 1, bytes: 1 + 4 + V2_PACKET_OVERHEAD })
    await stopNodes(clock, a, b)
  })

  it('hands on what holds no more than the message itself', async () => {
    const registry = createRegistry(baseRegistry, note)
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const a = await startNode({ network, clock, address: A, node: { registry } })
    const b = await startNode({ network, clock, address: B, node: { registry, fallback: onlyV1 } })
    const connecting = b.network.connectPeer(A)
    await clock.advance(2_000)
    const { peer } = await connecting
    const heard = a.events.next('own-message')
    for (let times = 0; times < 100; times++)
      b.network.peer(peer).send({ type: 'note', text: new Uint8Array(50).fill(7) } as Note)
    await clock.advance(1_000)
    const { text } = (await heard).message as Note
    expect(text).toEqual(new Uint8Array(50).fill(7))
    expect(text.buffer.byteLength).toBeLessThanOrEqual(100)
    await stopNodes(clock, a, b)
  })

  it('lets a program ask one peer what the handle does not cover', async () => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const a = await startNode({ network, clock, address: A })
    await a.chain.submitHeaders(mineHeaders(regtest.genesis, 5))
    const b = await startNode({ network, clock, address: B })
    const connecting = b.network.connectPeer(A)
    await clock.advance(5_000)
    const { peer } = await connecting
    const one = b.network.peer(peer)
    const asking = one.request({ type: 'getHeaders', locator: [regtest.genesisHash] })
    await clock.advance(2_000)
    expect(await asking).toHaveLength(5)
    expect(one.info().id).toBe(peer)
    await expect(one.request({ type: 'getHeader', locator: [] } as never)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining("did you mean 'getHeaders'?") as string,
    })
    const ending = b.disconnectPeer(peer)
    await clock.advance(2_000)
    await ending
    expect(() => b.network.peer(peer)).toThrow(expect.objectContaining({ code: 'unknown-peer' }))
    expect(one.send({ type: 'ping', nonce: 1n })).toBe(false)
    await expect(one.request({ type: 'ping' })).rejects.toSatisfy(
      (error) => isPeerError(error) && error.code === 'disconnected',
    )
    await stopNodes(clock, a, b)
  })
})
