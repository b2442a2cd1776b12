import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createChannel, createPeer, peerId } from '../src/index.ts'
import { ScriptedRemote } from './support/scripted-remote.ts'

/** What a program in plain JavaScript may give. */
const wrong = (value: unknown): never => value as never

describe('createPeer', () => {
  const transport = { abort: () => undefined, stats: () => ({}) }

  it.each<[string, unknown, unknown, string]>([
    ['a connection that is not awaited', Promise.resolve(transport), {}, 'await `connect` first'],
    [
      'no kind',
      transport,
      { network: regtest },
      "createPeer: options.kind: expected one of 'outbound-full-relay'",
    ],
    ['a mistyped kind', transport, { network: regtest, kind: 'manuel' }, "did you mean 'manual'?"],
    ['a name of a network', transport, { network: 'test', kind: 'manual' }, "networkByName('test')"],
    [
      'a component among the options',
      transport,
      { network: regtest, kind: 'manual', logger: console },
      'components',
    ],
    [
      'a height that is a bigint',
      transport,
      { network: regtest, kind: 'manual', version: { startHeight: 5n } },
      'got 5n',
    ],
    ...(
      [
        ['a queue that holds nothing', { limits: { maxQueuedRequests: 0 } }, 'limits.maxQueuedRequests'],
        ['half a notification', { limits: { messageQueue: 0.5 } }, 'limits.messageQueue'],
        ['nothing that is not handled yet', { limits: { maxUnhandledBytes: 0 } }, 'above 0'],
        ['nothing that may be sent', { limits: { maxQueuedBytes: 0 } }, 'limits.maxQueuedBytes'],
        ['a limit that is a number', { limits: { messages: { ping: 5 } } }, 'limits.messages.ping'],
        ['a bucket that is no number', { limits: { work: { burst: Number.NaN, perSecond: 1 } } }, 'got NaN'],
        ['a timeout below 0', { timeouts: { handshake: -1 } }, 'timeouts.handshake: expected milliseconds'],
        [
          'a user agent too long',
          { version: { userAgent: 'x'.repeat(257) } },
          'userAgent: 257, not 0 to 256',
        ],
        ['a user agent that is not Latin-1', { version: { userAgent: '/\u65e5/' } }, 'from 0 to 255'],
        ['services below 0', { version: { services: -1n } }, '64-bit'],
        ['services of 65 bits', { version: { services: 1n << 64n } }, '64-bit'],
        ['a version of 32 bits', { version: { protocolVersion: 2 ** 31 } }, '2147483648'],
        ['half a height', { version: { startHeight: 0.5 } }, 'version.startHeight'],
        ['a fee below 0', { feeFilter: -1n }, 'feeRate: -1, not 0'],
        ['a fee above all money', { feeFilter: 2_100_000_000_000_001n }, 'not 0 to 2100000000000000'],
        ['a feature without a name', { features: new Map([['x', new Uint8Array()]]) }, 'id: 1, not 4 to 80'],
        [
          'too much of a feature',
          { features: new Map([['four', new Uint8Array(513)]]) },
          'data: 513, not 0 to 512',
        ],
        ['an id below 0', { id: -1 }, 'options.id'],
        ['an address that is none', { address: {} }, 'options.address: expected an address'],
        [
          'a txid that is short',
          { privateTransaction: { txid: new Uint8Array(31), payload: new Uint8Array() } },
          '32 bytes',
        ],
      ] as const
    ).map(([what, options, message]): [string, unknown, unknown, string] => [
      what,
      transport,
      { network: regtest, kind: 'manual', ...options },
      message,
    ]),
  ])('%s', (_, given, options, message) => {
    expect(() => createPeer(wrong(given), wrong(options))).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringContaining(message) as string,
      }),
    )
  })
})

describe('a request', () => {
  it.each<[string, (remote: ScriptedRemote) => unknown, string]>([
    ['of a block by hex', ({ peer }) => peer.getBlock(wrong('00'.repeat(32))), 'blockHashFromHex'],
    [
      'of blocks by hex, read',
      ({ peer }) =>
        peer
          .getBlocks([wrong('00')])
          [Symbol.asyncIterator]()
          .next(),
      'blockHashFromHex',
    ],
    [
      'of headers without a locator',
      ({ peer }) => peer.getHeaders(wrong({})),
      'request.locator: expected a list',
    ],
    [
      'of transactions by their ids alone',
      ({ peer }) => peer.getTransactions([wrong(new Uint8Array(32))]),
      'ids[0]: expected an object of options, got 32 bytes',
    ],
    [
      'of filters from a text',
      ({ peer }) => peer.getCompactFilterHeaders(wrong({ startHeight: '1', stopHash: new Uint8Array(32) })),
      'whole number',
    ],
    ['with a mistyped option', ({ peer }) => peer.ping(wrong({ timout: 1 })), "did you mean 'timeout'?"],
    [
      'that there is none of',
      ({ peer }) => peer.request(wrong({ type: 'getblock' })),
      "did you mean 'getBlocks'?",
    ],
  ])('%s', async (_, call, message) => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await expect((async () => call(remote))()).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(message) as string,
    })
    expect(remote.peer.state).toBe('ready')
  })
})

describe('a channel and an id', () => {
  it.each<[string, () => unknown]>([
    ['a channel that holds nothing', () => createChannel(0)],
    ['a channel that holds a half', () => createChannel(1.5)],
    ['a channel for no weight', () => createChannel(1, { of: () => 1, limit: Number.NaN })],
    ['an id below 0', () => peerId(-1)],
  ])('%s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
