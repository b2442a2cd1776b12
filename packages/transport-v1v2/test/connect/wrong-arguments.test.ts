import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { accept, connect, isTransportError, streamPair } from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'
import { createWebSocketDialer } from '../../src/websocket/index.ts'

/** What a program in plain JavaScript may give. */
const wrong = (value: unknown): never => value as never
const dialer = { dial: () => Promise.reject(new Error('nobody is dialled')) }
const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 1 } as const

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
    ['half a port', () => listenTcp({ port: 0.5 }, () => undefined), 'a port, 0 to 65535'],
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
