import { describe, expect, it } from 'vitest'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { baseRegistry } from './base-registry.ts'
import type { MessageCodec } from './codec.ts'
import type { Message } from './message.ts'
import { packageMessages } from './codecs/package-relay.ts'
import { isCommand, readCommand, writeCommand } from './command.ts'
import { decodeContents, encodeContents, encodeContentsHeader } from './contents.ts'
import { decodePayload, decodePayloadWithTrailing, encodePayload } from './payload.ts'
import { createRegistry, registryOf } from './registry.ts'
import { hasServices, serviceNames, Services } from './services.ts'
import { createShortIds, defaultShortIds } from './short-ids.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Greeting {
  readonly type: 'greeting'
  readonly number: number
}

const greeting: MessageCodec<Greeting> = {
  command: 'greeting',
  shortId: 200,
  maxPayload: 4,
  decode: (reader) => ({ type: 'greeting', number: reader.u16() }),
  encode: (message, writer) => void writer.u16(message.number),
}

describe('a registry', () => {
  it('takes messages of its own without a change to the package', () => {
    const registry = createRegistry(baseRegistry, greeting)
    const { command, payload } = encodePayload({ type: 'greeting', number: 7 }, registry)
    expect({ command, payload }).toEqual({ command: 'greeting', payload: Uint8Array.of(7, 0) })
    expect(decodePayload('greeting', payload, registry)).toEqual({ type: 'greeting', number: 7 })
    expect(decodePayload('ping', new Uint8Array(0), registry)).toEqual({ type: 'ping' })
    expect(registry.shortIds.idOf('greeting')).toBe(200)
    expect(registry.shortIds.commandOf(200)).toBe('greeting')
    expect(registry.shortIds.idOf('tx')).toBe(21)
    expect(decodePayload('greeting', payload)).toEqual({ type: 'unknown', command: 'greeting', payload })
    expect(baseRegistry.shortIds.idOf('greeting')).toBeUndefined()
  })

  it('keeps to the limit of its codec', () => {
    const registry = registryOf([greeting])
    expect(decodePayloadWithTrailing('greeting', new Uint8Array(4), registry).trailingBytes).toBe(2)
    expect(() => decodePayload('greeting', new Uint8Array(5), registry)).toThrow(
      expect.objectContaining({
        code: 'payload-too-large',
        value: 5,
        limit: 4,
        severity: 'drop',
        command: 'greeting',
      }),
    )
    const long = registryOf([{ ...greeting, maxPayload: 1 }])
    expect(() => encodePayload({ type: 'greeting', number: 7 }, long)).toThrow(RangeError)
  })

  it('lets an own codec take the place of another, and its id', () => {
    const own: MessageCodec<{ readonly type: 'ping'; readonly own: true }> = {
      command: 'ping',
      shortId: 99,
      decode: () => ({ type: 'ping', own: true }),
    }
    const registry = createRegistry(baseRegistry, own)
    expect(decodePayload('ping', new Uint8Array(0), registry)).toEqual({ type: 'ping', own: true })
    expect(registry.shortIds.idOf('ping')).toBe(99)
    expect(registry.shortIds.commandOf(18)).toBeUndefined()
    expect(registry.codecs()).toHaveLength(baseRegistry.codecs().length)
    const taker = createRegistry(baseRegistry, { ...greeting, shortId: 18 })
    expect(taker.shortIds.commandOf(18)).toBe('greeting')
    expect(taker.shortIds.idOf('ping')).toBeUndefined()
  })

  it('refuses what is no command', () => {
    for (const command of ['', 'thirteenchars', 'tab\t', 'é']) {
      expect(() => registryOf([{ command, decode: () => ({ type: command }) }])).toThrow(RangeError)
    }
  })

  it('has the ids of BIP324', () => {
    for (const { command, shortId } of baseRegistry.codecs())
      expect(defaultShortIds.idOf(command)).toBe(shortId)
    expect(defaultShortIds.entries()).toHaveLength(37)
    expect(baseRegistry.shortIds.entries()).toHaveLength(37)
  })

  it('knows BIP331 only where it was added', () => {
    expect(baseRegistry.codecOf('sendpackages')).toBeUndefined()
    expect(createRegistry(baseRegistry, ...packageMessages).codecOf('sendpackages')).toBeDefined()
  })
})

describe('short ids', () => {
  it('are a map that can be had with other entries', () => {
    const ids = createShortIds([...defaultShortIds.entries(), [40, 'hello']])
    expect(ids.idOf('hello')).toBe(40)
    expect(ids.idOf('nothing')).toBeUndefined()
    expect(ids.commandOf(41)).toBeUndefined()
    expect(encodeContentsHeader('hello', ids)).toEqual(Uint8Array.of(40))
    expect(decodeContents(Uint8Array.of(40, 1), ids)).toEqual({ command: 'hello', payload: Uint8Array.of(1) })
  })

  it.each([0, 256, -1, 1.5])('are not %d', (id) => {
    expect(() => createShortIds([[id, 'hello']])).toThrow(RangeError)
  })

  it('are 1 to 255', () => {
    expect(
      createShortIds([
        [1, 'a'],
        [255, 'b'],
      ]).entries(),
    ).toEqual([
      [1, 'a'],
      [255, 'b'],
    ])
  })

  it('are one for each command', () => {
    expect(() =>
      createShortIds([
        [1, 'hello'],
        [2, 'hello'],
      ]),
    ).toThrow(RangeError)
  })
})

describe('BIP324 contents', () => {
  const payload = Uint8Array.of(1, 2)

  it('have a short form and a long form', () => {
    expect(bytesToHex(encodeContents({ command: 'ping', payload }))).toBe('120102')
    expect(bytesToHex(encodeContents({ command: 'verack', payload }))).toBe(
      '00' + '76657261636b' + '000000000000' + '0102',
    )
    expect(bytesToHex(encodeContentsHeader('twelve-chars'))).toBe('00' + bytesToHex(ascii('twelve-chars')))
  })

  it('are views', () => {
    const contents = encodeContents({ command: 'verack', payload })
    expect(decodeContents(contents).payload.buffer).toBe(contents.buffer)
  })

  it.each([
    ['nothing', '', 'empty-contents', 0],
    ['an id without meaning', 'fe00', 'unknown-short-id', 0],
    ['half a command', '00' + '61'.repeat(11), 'truncated', 1],
    ['no command', '00' + '00'.repeat(12), 'invalid-command', 1],
    ['a command with a hole', '00' + '6100610000000000000000' + '00', 'invalid-command', 1],
    ['a byte after the zeros', '00' + '61' + '00'.repeat(10) + '01', 'invalid-command', 1],
    ['a command that is not printable', '00' + '611f' + '00'.repeat(10), 'invalid-command', 1],
    ['a command above ASCII', '00' + '6180' + '00'.repeat(10), 'invalid-command', 1],
  ])('of %s are dropped', (_, hex, code, offset) => {
    expect(() => decodeContents(hexToBytes(hex))).toThrow(
      expect.objectContaining({ code, offset, severity: 'drop' }),
    )
  })

  it('say which id it was, and how much was missing', () => {
    expect(() => decodeContents(Uint8Array.of(0xfe))).toThrow(expect.objectContaining({ value: 0xfe }))
    expect(() => decodeContents(new Uint8Array(12))).toThrow(
      expect.objectContaining({ value: 12, limit: 11 }),
    )
  })

  it('may have a command that ends in 0x7f, and one without payload', () => {
    expect(decodeContents(hexToBytes('00' + '617f' + '00'.repeat(10)))).toEqual({
      command: 'a\x7f',
      payload: new Uint8Array(0),
    })
  })
})

describe('commands', () => {
  it('are 1 to 12 printable characters', () => {
    for (const command of ['a', ' ', '\x7f', 'twelve-chars']) expect(isCommand(command)).toBe(true)
    for (const command of ['', 'thirteenchars', '\x1f', '\x80', 'a\n']) expect(isCommand(command)).toBe(false)
  })

  it('are padded with zeros, anywhere', () => {
    const target = new Uint8Array(16).fill(9)
    writeCommand('ping', target, 2)
    expect(bytesToHex(target)).toBe('090970696e6700000000000000000909')
    expect(readCommand(target, 2, 0x7e)).toBe('ping')
    expect(readCommand(target, 0, 0x7e)).toBeUndefined()
    expect(readCommand(target, 5, 0x7e)).toBeUndefined()
    expect(() => {
      writeCommand('thirteenchars', target)
    }).toThrow(RangeError)
  })

  it('end at 0x7e in v1', () => {
    const bytes = hexToBytes('617f' + '00'.repeat(10))
    expect(readCommand(bytes, 0, 0x7e)).toBeUndefined()
    expect(readCommand(bytes, 0, 0x7f)).toBe('a\x7f')
    expect(readCommand(hexToBytes('617e' + '00'.repeat(10)), 0, 0x7e)).toBe('a~')
  })

  it('need 12 bytes', () => {
    expect(readCommand(ascii('twelve-char'), 0, 0x7e)).toBeUndefined()
    expect(readCommand(hexToBytes('61' + '00'.repeat(10)), 0, 0x7e)).toBeUndefined()
    expect(readCommand(ascii('twelve-chars'), 0, 0x7e)).toBe('twelve-chars')
  })
})

describe('unknown messages', () => {
  it('are carried as they are', () => {
    const payload = Uint8Array.of(1, 2, 3)
    const message = decodePayload('whatever', payload)
    expect(message).toEqual({ type: 'unknown', command: 'whatever', payload })
    expect(encodePayload(message)).toEqual({ command: 'whatever', payload })
  })

  it('of a type that is not in the registry are not sent', () => {
    expect(() => encodePayload({ type: 'greeting', number: 1 }, registryOf<Greeting>([]))).toThrow(RangeError)
  })
})

describe('what we send keeps to the limits', () => {
  const hash = new Uint8Array(32)
  const address = {
    time: 1,
    services: 1n,
    address: { network: 'ipv4', bytes: new Uint8Array(4), port: 1 },
  } as const
  const encode = (message: unknown) => () => encodePayload(message as Message)
  const header = { version: 1, previousBlockHash: hash, merkleRoot: hash, time: 1, bits: 1, nonce: 1 }
  const versionAddress = { services: 0n, ip: new Uint8Array(16), port: 0 }
  const version = {
    type: 'version',
    version: 70016,
    services: 0n,
    time: 0,
    receiver: versionAddress,
    sender: versionAddress,
    nonce: 0n,
    userAgent: 'x'.repeat(256),
    startHeight: 0,
    relay: true,
  }
  const filled = <T>(length: number, value: T): T[] => new Array<T>(length).fill(value)
  const transaction = { version: 1, inputs: [], outputs: [], lockTime: 0 }

  it.each<[string, unknown, unknown]>([
    ['user agent', version, { ...version, userAgent: 'x'.repeat(257) }],
    ['ip', version, { ...version, sender: { ...versionAddress, ip: new Uint8Array(4) } }],
    [
      'addr',
      { type: 'addr', addresses: filled(1000, address) },
      { type: 'addr', addresses: filled(1001, address) },
    ],
    [
      'addrv2',
      { type: 'addrv2', addresses: filled(1000, address) },
      { type: 'addrv2', addresses: filled(1001, address) },
    ],
    [
      'addr without Tor',
      { type: 'addr', addresses: [] },
      {
        type: 'addr',
        addresses: [{ ...address, address: { network: 'torv3', bytes: new Uint8Array(32), port: 1 } }],
      },
    ],
    [
      'the length of an address',
      { type: 'addrv2', addresses: [address] },
      {
        type: 'addrv2',
        addresses: [{ ...address, address: { network: 'torv3', bytes: new Uint8Array(31), port: 1 } }],
      },
    ],
    [
      'inv',
      { type: 'inv', inventory: filled(50_000, { type: 1, hash }) },
      { type: 'inv', inventory: filled(50_001, { type: 1, hash }) },
    ],
    [
      'headers',
      { type: 'headers', headers: filled(2000, header) },
      { type: 'headers', headers: filled(2001, header) },
    ],
    [
      'locator',
      { type: 'getheaders', version: 1, locator: filled(101, hash), stopHash: hash },
      { type: 'getheaders', version: 1, locator: filled(102, hash), stopHash: hash },
    ],
    [
      'feature id',
      { type: 'feature', id: 'x'.repeat(80), data: hash },
      { type: 'feature', id: 'x'.repeat(81), data: hash },
    ],
    [
      'feature id, short',
      { type: 'feature', id: 'xxxx', data: hash },
      { type: 'feature', id: 'xxx', data: hash },
    ],
    [
      'feature data',
      { type: 'feature', id: 'xxxx', data: new Uint8Array(512) },
      { type: 'feature', id: 'xxxx', data: new Uint8Array(513) },
    ],
    ['fee', { type: 'feefilter', feeRate: 0n }, { type: 'feefilter', feeRate: -1n }],
    [
      'fee, high',
      { type: 'feefilter', feeRate: 2_100_000_000_000_000n },
      { type: 'feefilter', feeRate: 2_100_000_000_000_001n },
    ],
    [
      'filter',
      { type: 'filterload', filter: new Uint8Array(36_000), hashFunctions: 50, tweak: 0, flags: 0 },
      { type: 'filterload', filter: new Uint8Array(36_001), hashFunctions: 50, tweak: 0, flags: 0 },
    ],
    [
      'hash functions',
      { type: 'filterload', filter: hash, hashFunctions: 50, tweak: 0, flags: 0 },
      { type: 'filterload', filter: hash, hashFunctions: 51, tweak: 0, flags: 0 },
    ],
    [
      'element',
      { type: 'filteradd', element: new Uint8Array(520) },
      { type: 'filteradd', element: new Uint8Array(521) },
    ],
    [
      'filter headers',
      {
        type: 'cfheaders',
        filterType: 0,
        stopHash: hash,
        previousFilterHeader: hash,
        filterHashes: filled(2000, hash),
      },
      {
        type: 'cfheaders',
        filterType: 0,
        stopHash: hash,
        previousFilterHeader: hash,
        filterHashes: filled(2001, hash),
      },
    ],
    [
      'compact block',
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: filled(65_535, 1), prefilled: [] } },
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: filled(65_536, 1), prefilled: [] } },
    ],
    [
      'compact block, empty',
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: [1], prefilled: [] } },
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: [], prefilled: [] } },
    ],
    [
      'prefilled, in order',
      {
        type: 'cmpctblock',
        compactBlock: {
          header,
          nonce: 0n,
          shortIds: [1],
          prefilled: [
            { index: 0, transaction },
            { index: 1, transaction },
          ],
        },
      },
      {
        type: 'cmpctblock',
        compactBlock: {
          header,
          nonce: 0n,
          shortIds: [1],
          prefilled: [
            { index: 0, transaction },
            { index: 0, transaction },
          ],
        },
      },
    ],
    [
      'indexes',
      { type: 'getblocktxn', blockHash: hash, indexes: [0, 65_535] },
      { type: 'getblocktxn', blockHash: hash, indexes: [0, 65_536] },
    ],
    [
      'a payload of 4,000,000 bytes',
      { type: 'uttls', payload: new Uint8Array(4_000_000) },
      { type: 'uttls', payload: new Uint8Array(4_000_001) },
    ],
  ])('%s', (_, allowed, refused) => {
    expect(encode(allowed)).not.toThrow()
    expect(encode(refused)).toThrow(RangeError)
  })

  it('packages of 100', () => {
    const registry = createRegistry(baseRegistry, ...packageMessages)
    const wtxids = (length: number) => ({ type: 'getpkgtxns', wtxids: filled(length, hash) }) as never
    const transactions = (length: number) =>
      ({ type: 'pkgtxns', transactions: filled(length, transaction) }) as never
    for (const of of [wtxids, transactions]) {
      expect(() => encodePayload(of(100), registry)).not.toThrow()
      expect(() => encodePayload(of(101), registry)).toThrow(RangeError)
    }
  })

  it('tells the exact size of the payload where it can', () => {
    const { payload } = encodePayload(version as Message)
    expect(payload.buffer.byteLength).toBe(payload.length)
  })
})

describe('services', () => {
  it('are named', () => {
    expect(
      serviceNames(Services.NETWORK | Services.WITNESS | Services.P2P_V2 | (1n << 28n) | (1n << 63n)),
    ).toEqual(['NETWORK', 'WITNESS', 'P2P_V2', 'BIT_28', 'BIT_63'])
    expect(serviceNames(0n)).toEqual([])
  })

  it('are had all or not', () => {
    expect(hasServices(0x409n, Services.NETWORK | Services.WITNESS)).toBe(true)
    expect(hasServices(0x401n, Services.NETWORK | Services.WITNESS)).toBe(false)
    expect(hasServices(0n, Services.NONE)).toBe(true)
  })
})
