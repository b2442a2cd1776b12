import { accept, connect, onlyV1, streamPair, type TransportOptions } from '@sapwood/transport-v1v2'
import { baseRegistry, createRegistry, type MessageCodec, type Registry } from '@sapwood/wire-codec'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createPeer, type Peer, type PeerMessage } from '../src/index.ts'
import { ScriptedRemote } from './support/scripted-remote.ts'
import { network } from './support/peer-pair.ts'

interface Greeting {
  readonly type: 'greeting'
  readonly number: number
}

const greeting: MessageCodec<Greeting> = {
  command: 'greeting',
  shortId: 99,
  malformed: 'discourage',
  decode: (reader) => ({ type: 'greeting', number: reader.u32() }),
  encode: ({ number }, writer) => {
    writer.u32(number)
  },
}
const registry = createRegistry(baseRegistry, greeting)

type With = typeof registry extends Registry<infer M> ? M : never

async function pair(protocol: 'v1' | 'v2'): Promise<{ readonly near: Peer<With>; readonly far: Peer<With> }> {
  const [here, there] = streamPair()
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18444 } as const
  const options: TransportOptions = { shortIds: registry.shortIds }
  const accepted = accept(there, { network, ...options })
  const dialled = await connect(address, {
    dialer: { dial: () => Promise.resolve(here) },
    network,
    ...options,
    ...(protocol === 'v1' && { fallback: onlyV1 }),
  })
  return {
    near: createPeer(dialled, { kind: 'outbound-full-relay', network, registry }),
    far: createPeer(await accepted, { kind: 'inbound', network, registry }),
  }
}

async function nextGreeting(peer: Peer<With>): Promise<Greeting> {
  for await (const { message } of peer.messages()) {
    if (message.type === 'message' && message.message.type === 'greeting') return message.message
  }
  throw new Error('the connection ended')
}

describe("a program's own messages", () => {
  it.each(['v1', 'v2'] as const)('cross in both directions over %s', async (protocol) => {
    const { near, far } = await pair(protocol)
    const heard = Promise.all([nextGreeting(near), nextGreeting(far)])
    await Promise.all([near.handshake, far.handshake])
    near.send({ type: 'greeting', number: 1 })
    far.send({ type: 'greeting', number: 2 })
    expect(await heard).toEqual([
      { type: 'greeting', number: 2 },
      { type: 'greeting', number: 1 },
    ])
    await near.disconnect()
    await far.closed
  })

  it('are of the type that the codec gives', () => {
    type Told = Extract<PeerMessage<With>, { readonly type: 'message' }>['message']
    expectTypeOf<Extract<Told, { readonly type: 'greeting' }>>().toEqualTypeOf<Greeting>()
    type ToldByDefault = Extract<PeerMessage, { readonly type: 'message' }>['message']
    expectTypeOf<Extract<ToldByDefault, { readonly type: 'greeting' }>>().toEqualTypeOf<never>()
  })

  it('of others stay unknown, and so do they where they are not registered', async () => {
    const knowing = new ScriptedRemote({ registry })
    const plain = new ScriptedRemote()
    for (const remote of [knowing, plain]) {
      await remote.shakeHands()
      await remote.sayRaw('greeting', Uint8Array.of(7, 0, 0, 0))
      await remote.sayRaw('farewell')
    }
    expect(knowing.handedOn()).toMatchObject([{ type: 'greeting', number: 7 }, { command: 'farewell' }])
    expect(plain.handedOn()).toMatchObject([{ command: 'greeting' }, { command: 'farewell' }])
  })

  it('are ignored before the handshake, cost what their codec says, and have a limit of their own', async () => {
    const limits = { messages: { greeting: { burst: 2, perSecond: 0 } } }
    const early = new ScriptedRemote({ registry })
    await early.sayRaw('greeting', Uint8Array.of(7, 0, 0, 0))
    expect(early.handedOn()).toEqual([])
    await early.shakeHands()
    await early.sayRaw('greeting')
    expect(early.reason).toMatchObject({ code: 'malformed', blame: 'discourage', command: 'greeting' })
    const flooded = new ScriptedRemote({ registry, limits })
    await flooded.shakeHands()
    for (let n = 0; n < 3; n++) await flooded.sayRaw('greeting', Uint8Array.of(7, 0, 0, 0))
    expect(flooded.reason).toMatchObject({ code: 'flood', command: 'greeting', limit: 2 })
  })

  it("cannot change the protocol's: those are read as the protocol reads them", async () => {
    const odd: MessageCodec<{ readonly type: 'ping' }> = { command: 'ping', decode: () => ({ type: 'ping' }) }
    const remote = new ScriptedRemote({ registry: createRegistry(baseRegistry, odd) })
    await remote.shakeHands()
    await remote.say({ type: 'ping', nonce: 5n })
    expect(remote.heard()).toEqual([{ type: 'pong', nonce: 5n }])
  })
})
