import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createPeer } from '../src/index.ts'
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
