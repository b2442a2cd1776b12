import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import {
  accept,
  connect,
  createHandshakeGate,
  createKeyPool,
  createMemoryBudget,
  createV2Session,
  isTransportError,
  randomDecoys,
  sizeClasses,
  streamPair,
  type TransportOptions,
} from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'
import { createWebSocketDialer } from '../../src/websocket/index.ts'

/** What a program in plain JavaScript may give. */
const wrong = (value: unknown): never => value as never
const dialer = { dial: () => Promise.reject(new Error('nobody is dialled')) }
const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 1 } as const

/** Of each: nothing is dialled, nothing written, before it is refused. */
const outOfBounds: readonly [string, TransportOptions, string][] = [
  [
    'more garbage than may be',
    { garbageLength: 5_000 },
    'garbageLength: expected a whole number from 0 to 4095',
  ],
  ['half a byte of garbage', { garbageLength: 0.5 }, 'got 0.5'],
  ['garbage that is no number', { garbageLength: Number.NaN }, 'got NaN'],
  ['a decoy larger than a message', { handshakeDecoys: [1, 4_000_014] }, 'handshakeDecoys[1]'],
  ['a negative mark', { highWaterMark: -1 }, 'highWaterMark'],
  ['a time that is no number', { sendTimeout: Number.NaN }, 'sendTimeout: expected milliseconds'],
  ['a memory that is none', { memory: wrong({}) }, 'without hold(), take()'],
]

describe('a number at the edge of the transport', () => {
  it.each(outOfBounds)('%s: nobody is dialled', async (_, options, message) => {
    let dialled = 0
    const counting = { dial: () => Promise.reject(new Error(`dialled ${(dialled += 1)}`)) }
    const failure: unknown = await connect(address, { dialer: counting, network: regtest, ...options }).catch(
      (error: unknown) => error,
    )
    expect(isTransportError(failure) && failure.code).toBe('invalid-argument')
    expect(String(failure)).toContain(message)
    expect(dialled).toBe(0)
  })

  it.each(outOfBounds)('%s: nobody is answered', async (_, options, message) => {
    const [ours, theirs] = streamPair()
    const failure: unknown = await accept(ours, { network: regtest, ...options }).catch(
      (error: unknown) => error,
    )
    expect(isTransportError(failure) && failure.code).toBe('invalid-argument')
    expect(String(failure)).toContain(message)
    await theirs.write(Uint8Array.of(1))
    expect(await ours.read()).toEqual(Uint8Array.of(1))
  })

  it.each<[string, () => unknown]>([
    ['a port beyond them', () => connect({ ...address, port: 65_536 }, { dialer, network: regtest })],
    [
      'an address of another length',
      () => connect({ ...address, bytes: new Uint8Array(5) }, { dialer, network: regtest }),
    ],
    [
      'a timeout that is no number',
      () => connect(address, { dialer, network: regtest, timeouts: { total: Number.NaN } }),
    ],
    ['a local address that is a name', () => createTcpDialer({ localAddress: 'localhost' })],
    ['decoys larger than a message', () => randomDecoys({ maxLength: 4_000_014 })],
    ['decoys more often than always', () => randomDecoys({ probability: 1.1 })],
    ['classes of half bytes', () => sizeClasses({ classes: [500.5] })],
    ['classes that fall', () => sizeClasses({ classes: [500, 499] })],
    ['no class', () => sizeClasses({ classes: [] })],
    ['a pool of endless keys', () => createKeyPool({ size: Number.POSITIVE_INFINITY })],
    ['a gate that lets nobody in', () => createHandshakeGate({ perSecond: 0 })],
    ['a rate that is no number', () => createHandshakeGate({ perSecond: Number.NaN })],
    ['no memory', () => createMemoryBudget({ limit: 0 })],
    ['more than all of the memory', () => createMemoryBudget({ inboundShare: 1.1 })],
    [
      'a session with too much garbage',
      () => createV2Session({ role: 'initiator', magic: regtest.magic, garbage: new Uint8Array(4_096) }),
    ],
  ])('%s', async (_, call) => {
    const failure: unknown = await (async () => call())().catch((error: unknown) => error)
    expect(isTransportError(failure) && failure.code).toBe('invalid-argument')
  })
})

describe('a mistake at the edge of the transport', () => {
  it.each<[string, () => unknown, string]>([
    [
      'an address as text',
      () => connect(wrong('127.0.0.1'), { dialer, network: regtest }),
      'parsePeerAddress of',
    ],
    ['no dialer', () => connect(address, wrong({ network: regtest })), 'createTcpDialer()'],
    [
      'a name of a network',
      () => connect(address, wrong({ dialer, network: 'main' })),
      "networkByName('main')",
    ],
    [
      'a mistyped option',
      () => connect(address, wrong({ dialer, network: regtest, fallbak: 1 })),
      "'fallback'?",
    ],
    [
      'a clock among the options',
      () => connect(address, wrong({ dialer, network: regtest, clock: 1 })),
      'components',
    ],
    [
      'a mistyped timeout',
      () => connect(address, wrong({ dialer, network: regtest, timeouts: { atempt: 1 } })),
      "'attempt'?",
    ],
    [
      'no stream',
      () => accept(wrong({ read: () => undefined }), { network: regtest }),
      'without write(), close(), abort()',
    ],
    [
      'a protocol that is none',
      () => accept(streamPair()[0], wrong({ network: regtest, protocols: ['v3'] })),
      "one of 'v1', 'v2'",
    ],
    ['a host of a listener', () => listenTcp(wrong({ hots: '::' }), () => undefined), "'host'?"],
    ['a port of a listener that is none', () => listenTcp({ port: 70_000 }, () => undefined), 'got 70000'],
    ['half a port', () => listenTcp({ port: 0.5 }, () => undefined), 'from 0 to 65535'],
    [
      'a host of a listener that is empty, which would be all of them',
      () => listenTcp({ host: '' }, () => undefined),
      'an IP address, or a name',
    ],
    ['a listener without a function', () => listenTcp({}, wrong(undefined)), 'onStream: expected a function'],
    [
      'a resolver that is a function',
      () => createTcpDialer(wrong({ resolver: () => [] })),
      'expected a resolver',
    ],
    [
      'a WebSocket that is not opened',
      () => createWebSocketDialer(wrong({ url: 'ws://' })),
      "has no 'url'; there are open",
    ],
  ])('%s', async (_, call, message) => {
    const failure: unknown = await (async () => call())().catch((error: unknown) => error)
    expect(isTransportError(failure) && failure.code).toBe('invalid-argument')
    expect(String(failure)).toContain(message)
  })
})
