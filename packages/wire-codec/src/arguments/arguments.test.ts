import { describe, expect, it } from 'vitest'
import {
  asBlockHash,
  baseRegistry,
  blockHash,
  bytesToHex,
  concatBytes,
  decodeBlock,
  decodeContents,
  decodePayload,
  decodeTransaction,
  encodePayload,
  encodeTransaction,
  filterHash,
  filterHeader,
  hashToHex,
  hexToBytes,
  openBasicFilter,
  parsePeerAddress,
  regtest,
  txid,
} from '../index.ts'
import {
  aHash,
  aNetwork,
  aSignal,
  aText,
  bytes,
  listOf,
  milliseconds,
  nearestName,
  needed,
  oneOf,
  optionsOf,
} from './index.ts'

/** What a program in plain JavaScript may give. */
const wrong = (value: unknown): never => value as never

describe('a name that was probably meant', () => {
  it('is the nearest, whatever its case, and none where none is near', () => {
    const names = ['network', 'userAgent', 'dnsSeeds', 'connect', 'addPeers']
    expect(nearestName('netwrok', names)).toBe('network')
    expect(nearestName('useragent', names)).toBe('userAgent')
    expect(nearestName('dnsSeed', names)).toBe('dnsSeeds')
    expect(nearestName('addPeer', names)).toBe('addPeers')
    expect(nearestName('zzz', names)).toBeUndefined()
    expect(nearestName('x'.repeat(10_000), names)).toBeUndefined()
  })
})

describe('options', () => {
  interface Options {
    readonly name: string
    readonly wait?: number
    readonly kinds?: readonly string[]
  }
  const check = optionsOf<Options>(
    { name: needed(aText), wait: milliseconds, kinds: listOf(oneOf('manual', 'inbound')) },
    { hints: { store: 'is one of the components' } },
  )

  it('pass where they are right, and where an optional one is undefined', () => {
    expect(check({ name: 'a' }, 'make')).toBeUndefined()
    expect(check({ name: 'a', wait: undefined, kinds: ['manual'] }, 'make')).toBeUndefined()
  })

  it.each<[unknown, string]>([
    [undefined, 'make: expected an object of options, got undefined'],
    ['a', "make: expected an object of options, got the text 'a'"],
    [{}, 'make.name: expected a text, got undefined'],
    [{ name: 'a', wiat: 5 }, "make has no 'wiat'; did you mean 'wait'?"],
    [{ name: 'a', colour: 5 }, "make has no 'colour'; there are name, wait, kinds"],
    [{ name: 'a', store: 5 }, 'make.store: is one of the components'],
    [{ name: 'a', wait: -1 }, 'make.wait: expected milliseconds, 0 or more, got -1'],
    [{ name: 'a', wait: Number.NaN }, 'make.wait: expected milliseconds, 0 or more, got NaN'],
    [{ name: 'a', kinds: 'manual' }, "make.kinds: expected a list, got the text 'manual'; put it into [ ]"],
    [
      { name: 'a', kinds: ['manaul'] },
      "make.kinds[0]: expected one of 'manual', 'inbound', got the text 'manaul'; did you mean 'manual'?",
    ],
  ])('%j', (options, message) => {
    expect(check(options, 'make')).toBe(message)
  })

  it('of components lets more pass, but nothing mistyped', () => {
    const components = optionsOf<{ clock?: unknown }>({ clock: () => undefined }, { unknown: 'mistyped' })
    expect(components({ clock: 1, table: 2 }, 'make')).toBeUndefined()
    expect(components({ clok: 1 }, 'make')).toBe("make has no 'clok'; did you mean 'clock'?")
  })
})

describe('a hint', () => {
  it('says how a network, bytes, a hash and a signal are made of what was given', () => {
    expect(aNetwork('regtest', 'network')).toBe(
      "network: expected a network, got the text 'regtest'; networkByName('regtest') of @sapwood/wire-codec gives one",
    )
    expect(aNetwork(regtest, 'network')).toBeUndefined()
    expect(bytes()('00ff', 'data')).toContain('hexToBytes of @sapwood/wire-codec makes them of hex')
    expect(bytes()([0, 1], 'data')).toContain('Uint8Array.from')
    expect(bytes()(new ArrayBuffer(2), 'data')).toContain('new Uint8Array')
    expect(bytes(2)(new Uint8Array(3), 'data')).toBe('data: expected 2 bytes (a Uint8Array), got 3 bytes')
    expect(bytes()(Buffer.from('00', 'hex'), 'data')).toBeUndefined()
    expect(aHash('txidFromHex')('00'.repeat(32), 'id')).toContain('txidFromHex of @sapwood/wire-codec')
    expect(aHash()(new Uint8Array(31), 'id')).toContain('got 31 bytes')
    expect(aSignal(new AbortController(), 'signal')).toContain('its `signal` is one')
    expect(aSignal(AbortSignal.abort(), 'signal')).toBeUndefined()
  })

  it('shows nothing of a text that would move a cursor', () => {
    expect(aNetwork('\u001b[2J', 'network')).not.toContain('\u001b')
  })
})

describe('a mistake at the edge of the codec', () => {
  const hex = '00'.repeat(80)

  it.each<[string, () => unknown, string]>([
    ['decodeBlock of hex', () => decodeBlock(wrong(hex)), 'hexToBytes'],
    ['decodeTransaction of hex', () => decodeTransaction(wrong(hex)), 'hexToBytes'],
    ['decodePayload of hex', () => decodePayload('ping', wrong(hex)), 'hexToBytes'],
    ['hashToHex of hex', () => hashToHex(wrong(hex)), 'hashToHex: expected bytes'],
    ['filterHash of hex', () => filterHash(wrong(hex)), 'hexToBytes'],
    ['filterHeader of hex', () => filterHeader(wrong(hex), wrong(hex)), 'hexToBytes'],
    ['concatBytes of hex', () => concatBytes(wrong(hex)), 'hexToBytes'],
    ['openBasicFilter of hex', () => openBasicFilter(wrong('00'), wrong(hex)), 'hexToBytes'],
    ['decodeContents of hex', () => decodeContents(wrong(hex)), 'hexToBytes'],
    ['asBlockHash of hex', () => asBlockHash(wrong(hex)), 'a hash: expected bytes'],
    ['bytesToHex of a list', () => bytesToHex(wrong([1])), 'Uint8Array.from'],
    [
      'hexToBytes of bytes',
      () => hexToBytes(wrong(new Uint8Array(2))),
      'hexToBytes: expected a text, got 2 bytes',
    ],
    ['blockHash of a block', () => blockHash(wrong({ header: {}, transactions: [] })), 'give its `header`'],
    ['txid of bytes', () => txid(wrong(new Uint8Array(60))), 'decodeTransaction reads one'],
    ['txid of hex', () => txid(wrong('00')), 'decodeTransaction(hexToBytes(…))'],
    [
      'encodeTransaction of a message',
      () => encodeTransaction(wrong({ transaction: {} })),
      'give its `transaction`',
    ],
    [
      'a nonce that is a number',
      () => encodePayload(wrong({ type: 'ping', nonce: 5 })),
      'ping: a field of 64 bits: expected a bigint, got 5; write 5n',
    ],
    [
      'a locator of hex',
      () =>
        encodePayload(
          wrong({ type: 'getheaders', version: 1, locator: ['00'], stopHash: new Uint8Array(32) }),
        ),
      'getheaders: a field of a hash',
    ],
    [
      'an amount that is a number',
      () =>
        encodePayload(
          wrong({
            type: 'tx',
            transaction: {
              version: 1,
              lockTime: 0,
              inputs: [],
              outputs: [{ value: 5, scriptPubKey: new Uint8Array(0) }],
            },
          }),
        ),
      'write 5n',
    ],
    [
      'a script of hex',
      () =>
        encodePayload(
          wrong({
            type: 'tx',
            transaction: {
              version: 1,
              lockTime: 0,
              inputs: [],
              outputs: [{ value: 5n, scriptPubKey: '00' }],
            },
          }),
        ),
      'hexToBytes',
    ],
    ['a message without its list', () => encodePayload(wrong({ type: 'inv' })), 'inv: '],
    [
      'an address without a default port',
      () => parsePeerAddress('127.0.0.1', wrong(undefined)),
      'expected an object of options',
    ],
    [
      'a default port that is a text',
      () => parsePeerAddress('127.0.0.1', { defaultPort: wrong('8333') }),
      'as `network.defaultPort`',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(TypeError)
    expect(call).toThrow(message)
  })

  it('of a message nobody knows names the one that was meant', () => {
    expect(() => encodePayload(wrong({ type: 'getheader' }))).toThrow("did you mean 'getheaders'?")
    expect(() => encodePayload(wrong({ type: 'verak' }), baseRegistry)).toThrow("did you mean 'verack'?")
  })
})
