import { describe, expect, it } from 'vitest'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { baseRegistry } from './base-registry.ts'
import type { MessageCodec } from './codec.ts'
import type { Message } from './message.ts'
import { packageMessages } from './codecs/package-relay.ts'
import { COMMAND_SIZE, isCommand, readCommand, writeCommand } from './command.ts'
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
    expect(
      encodePayload({ type: 'greeting', number: 7 }, registryOf([{ ...greeting, maxPayload: 2 }])),
    ).toEqual({
      command: 'greeting',
      payload: Uint8Array.of(7, 0),
    })
    const long = registryOf([{ ...greeting, maxPayload: 1 }])
    expect(() => encodePayload({ type: 'greeting', number: 7 }, long)).toThrow(
      new RangeError('greeting: a payload of 2 bytes is too large'),
    )
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

  it('has the ids of the list for what it does not know', () => {
    expect(registryOf([]).shortIds.entries()).toEqual(defaultShortIds.entries())
  })

  it('refuses what is no command', () => {
    for (const command of ['', 'thirteenchars', 'tab\t', 'é']) {
      expect(() => registryOf([{ command, decode: () => ({ type: command }) }])).toThrow(
        new RangeError(`Not a command: ${JSON.stringify(command)}`),
      )
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
    expect(() => createShortIds([[id, 'hello']])).toThrow(new RangeError(`Not a short message id: ${id}`))
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
    ).toThrow(new RangeError('Two short ids for hello'))
  })

  it('are of the later of two commands', () => {
    const ids = createShortIds([
      [7, 'first'],
      [7, 'second'],
    ])
    expect(ids.entries()).toEqual([[7, 'second']])
    expect(ids.idOf('first')).toBeUndefined()
    expect(ids.commandOf(0)).toBeUndefined()
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

  it('may begin after a header, and are refused by where they stand', () => {
    const contents = encodeContents({ command: 'unheard-of', payload: Uint8Array.of(7, 8) })
    const short = encodeContents({ command: 'ping', payload: Uint8Array.of(9) })
    for (const expected of [contents, short]) {
      const bytes = concatBytes(Uint8Array.of(0xff, 0), expected)
      expect(decodeContents(bytes, defaultShortIds, 2)).toEqual(decodeContents(expected))
    }
    expect(() => decodeContents(Uint8Array.of(1), defaultShortIds, 1)).toThrow(
      expect.objectContaining({ code: 'empty-contents', offset: 1 }),
    )
    expect(() =>
      decodeContents(concatBytes(Uint8Array.of(1), new Uint8Array(12)), defaultShortIds, 1),
    ).toThrow(expect.objectContaining({ code: 'truncated', offset: 2, value: 12, limit: 11 }))
  })

  it('give a plain view of the payload when they are a Buffer', () => {
    const { payload } = decodeContents(
      Buffer.from(encodeContents({ command: 'tx', payload: Uint8Array.of(5) })),
    )
    expect(Buffer.isBuffer(payload)).toBe(false)
    expect(payload).toEqual(Uint8Array.of(5))
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
    }).toThrow(new RangeError('Not a command: "thirteenchars"'))
  })

  it('reads back each of 2,000 commands, whichever came before', () => {
    const commands = Array.from({ length: 2_000 }, (_, n) =>
      n.toString(36).padStart(1 + (n % COMMAND_SIZE), 'x'),
    )
    const target = new Uint8Array(COMMAND_SIZE)
    for (const command of [...commands, ...commands.flatMap((c) => [c, 'ping', c])]) {
      target.fill(0)
      writeCommand(command, target)
      expect(readCommand(target, 0, 0x7e)).toBe(command)
    }
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
    expect(readCommand(ascii('twelve chars'), 0, 0x7e)).toBe('twelve chars')
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
    expect(() => encodePayload({ type: 'greeting', number: 1 }, registryOf<Greeting>([]))).toThrow(
      new RangeError('Not a message that is sent: greeting'),
    )
  })

  it('have a command and a payload', () => {
    const payload = new Uint8Array(1)
    for (const message of [
      { type: 'unknown' },
      { type: 'unknown', command: 'ping' },
      { type: 'unknown', payload },
      { type: 'reject', command: 'ping', payload },
    ]) {
      expect(() => encodePayload(message as Message)).toThrow(
        new RangeError(`Not a message that is sent: ${message.type}`),
      )
    }
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
  const ipv6Address = (size: number) => ({
    ...address,
    address: { network: 'ipv6', bytes: new Uint8Array(size), port: 1 },
  })
  const leaf = { height: 1, coinbase: false, amount: 1n, script: { type: 'p2pkh' } }
  const proof = { blockHash: hash, proofHashes: [], targets: new BigUint64Array(0), leafData: [] }

  it.each<[string, unknown, unknown, string]>([
    ['user agent', version, { ...version, userAgent: 'x'.repeat(257) }, 'userAgent: 257, not 0 to 256'],
    [
      'ip',
      version,
      { ...version, sender: { ...versionAddress, ip: new Uint8Array(4) } },
      'ip: 4, not 16 to 16',
    ],
    [
      'addr',
      { type: 'addr', addresses: filled(1000, address) },
      { type: 'addr', addresses: filled(1001, address) },
      'addresses: 1001, not 0 to 1000',
    ],
    [
      'addrv2',
      { type: 'addrv2', addresses: filled(1000, address) },
      { type: 'addrv2', addresses: filled(1001, address) },
      'addresses: 1001, not 0 to 1000',
    ],
    [
      'addr without Tor',
      { type: 'addr', addresses: [] },
      {
        type: 'addr',
        addresses: [{ ...address, address: { network: 'torv3', bytes: new Uint8Array(32), port: 1 } }],
      },
      'addr does not carry torv3: send addrv2',
    ],
    [
      'the length of an address',
      { type: 'addrv2', addresses: [address] },
      {
        type: 'addrv2',
        addresses: [{ ...address, address: { network: 'torv3', bytes: new Uint8Array(31), port: 1 } }],
      },
      'bytes: 31, not 32 to 32',
    ],
    [
      'inv',
      { type: 'inv', inventory: filled(50_000, { type: 1, hash }) },
      { type: 'inv', inventory: filled(50_001, { type: 1, hash }) },
      'inventory: 50001, not 0 to 50000',
    ],
    [
      'headers',
      { type: 'headers', headers: filled(2000, header) },
      { type: 'headers', headers: filled(2001, header) },
      'headers: 2001, not 0 to 2000',
    ],
    [
      'locator',
      { type: 'getheaders', version: 1, locator: filled(101, hash), stopHash: hash },
      { type: 'getheaders', version: 1, locator: filled(102, hash), stopHash: hash },
      'locator: 102, not 0 to 101',
    ],
    [
      'feature id',
      { type: 'feature', id: 'x'.repeat(80), data: hash },
      { type: 'feature', id: 'x'.repeat(81), data: hash },
      'id: 81, not 4 to 80',
    ],
    [
      'feature id, short',
      { type: 'feature', id: 'xxxx', data: hash },
      { type: 'feature', id: 'xxx', data: hash },
      'id: 3, not 4 to 80',
    ],
    [
      'feature data',
      { type: 'feature', id: 'xxxx', data: new Uint8Array(512) },
      { type: 'feature', id: 'xxxx', data: new Uint8Array(513) },
      'data: 513, not 0 to 512',
    ],
    [
      'fee',
      { type: 'feefilter', feeRate: 0n },
      { type: 'feefilter', feeRate: -1n },
      'feeRate: -1, not 0 to 2100000000000000',
    ],
    [
      'fee, high',
      { type: 'feefilter', feeRate: 2_100_000_000_000_000n },
      { type: 'feefilter', feeRate: 2_100_000_000_000_001n },
      'feeRate: 2100000000000001, not 0 to 2100000000000000',
    ],
    [
      'filter',
      { type: 'filterload', filter: new Uint8Array(36_000), hashFunctions: 50, tweak: 0, flags: 0 },
      { type: 'filterload', filter: new Uint8Array(36_001), hashFunctions: 50, tweak: 0, flags: 0 },
      'filter: 36001, not 0 to 36000',
    ],
    [
      'hash functions',
      { type: 'filterload', filter: hash, hashFunctions: 50, tweak: 0, flags: 0 },
      { type: 'filterload', filter: hash, hashFunctions: 51, tweak: 0, flags: 0 },
      'hashFunctions: 51, not 0 to 50',
    ],
    [
      'element',
      { type: 'filteradd', element: new Uint8Array(520) },
      { type: 'filteradd', element: new Uint8Array(521) },
      'element: 521, not 0 to 520',
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
      'filterHashes: 2001, not 0 to 2000',
    ],
    [
      'compact block',
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: filled(65_535, 1), prefilled: [] } },
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: filled(65_536, 1), prefilled: [] } },
      'transactions: 65536, not 1 to 65535',
    ],
    [
      'compact block, empty',
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: [1], prefilled: [] } },
      { type: 'cmpctblock', compactBlock: { header, nonce: 0n, shortIds: [], prefilled: [] } },
      'transactions: 0, not 1 to 65535',
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
      'index: 0, not 1 to 65535',
    ],
    [
      'indexes',
      { type: 'getblocktxn', blockHash: hash, indexes: [0, 65_535] },
      { type: 'getblocktxn', blockHash: hash, indexes: [0, 65_536] },
      'index: 65536, not 1 to 65535',
    ],
    [
      'a payload of 4,000,000 bytes',
      { type: 'usummary', payload: new Uint8Array(4_000_000) },
      { type: 'usummary', payload: new Uint8Array(4_000_001) },
      'usummary: a payload of 4000001 bytes is too large',
    ],
    [
      'targets',
      { type: 'uproof', proof: { ...proof, targets: new BigUint64Array(24_386) } },
      { type: 'uproof', proof: { ...proof, targets: new BigUint64Array(24_387) } },
      'targets: 24387, not 0 to 24386',
    ],
    [
      'leaves',
      { type: 'uproof', proof: { ...proof, leafData: filled(24_386, leaf) } },
      { type: 'uproof', proof: { ...proof, leafData: filled(24_387, leaf) } },
      'leafData: 24387, not 0 to 24386',
    ],
    [
      'hashes of a proof',
      { type: 'uproof', proof: { ...proof, proofHashes: [hash] } },
      { type: 'uproof', proof: { ...proof, proofHashes: { length: 886_279 } } },
      'proofHashes: 886279, not 0 to 886278',
    ],
    [
      'the length of IPv4 in addr',
      { type: 'addr', addresses: [address] },
      {
        type: 'addr',
        addresses: [{ ...address, address: { ...address.address, bytes: new Uint8Array(3) } }],
      },
      'bytes: 3, not 4 to 4',
    ],
    [
      'the length of IPv6 in addr',
      { type: 'addr', addresses: [ipv6Address(16)] },
      { type: 'addr', addresses: [ipv6Address(17)] },
      'bytes: 17, not 16 to 16',
    ],
  ])('%s', (_, allowed, refused, text) => {
    expect(encode(allowed)).not.toThrow()
    expect(encode(refused)).toThrow(new RangeError(text))
  })

  it('packages of 100', () => {
    const registry = createRegistry(baseRegistry, ...packageMessages)
    const wtxids = (length: number) => ({ type: 'getpkgtxns', wtxids: filled(length, hash) }) as never
    const transactions = (length: number) =>
      ({ type: 'pkgtxns', transactions: filled(length, transaction) }) as never
    for (const [of, name] of [
      [wtxids, 'wtxids'],
      [transactions, 'transactions'],
    ] as const) {
      expect(() => encodePayload(of(100), registry)).not.toThrow()
      expect(() => encodePayload(of(101), registry)).toThrow(new RangeError(`${name}: 101, not 0 to 100`))
    }
  })

  const inv = (length: number) => ({ type: 'inv', inventory: filled(length, { type: 1, hash }) })
  const headers = (length: number) => ({ type: 'headers', headers: filled(length, header) })
  const bytes300 = new Uint8Array(300)

  it.each<[string, unknown, number]>([
    ['a user agent of 252', { ...version, userAgent: 'x'.repeat(252) }, 0],
    ['a user agent of 253', { ...version, userAgent: 'x'.repeat(253) }, 0],
    ['one address', { type: 'addr', addresses: [address] }, 2],
    ['1,000 addresses', { type: 'addr', addresses: filled(1000, address) }, 0],
    ['252 entries of inv', inv(252), 0],
    ['253 entries of inv', inv(253), 0],
    ['252 headers', headers(252), 0],
    ['253 headers', headers(253), 0],
    ['a locator', { type: 'getblocks', version: 1, locator: filled(3, hash), stopHash: hash }, 0],
    ['a ping without nonce', { type: 'ping' }, 0],
    ['a ping', { type: 'ping', nonce: 1n }, 0],
    ['a fee', { type: 'feefilter', feeRate: 1n }, 0],
    ['a bloom filter', { type: 'filterload', filter: bytes300, hashFunctions: 1, tweak: 0, flags: 0 }, 0],
    [
      'a merkle block',
      {
        type: 'merkleblock',
        merkleBlock: { header, transactionCount: 1, hashes: filled(300, hash), flags: bytes300 },
      },
      4,
    ],
    [
      'a compact block',
      {
        type: 'cmpctblock',
        compactBlock: {
          header,
          nonce: 0n,
          shortIds: filled(300, 1),
          prefilled: [
            { index: 0, transaction },
            { index: 1, transaction },
          ],
        },
      },
      6,
    ],
    [
      'transactions of a block',
      { type: 'blocktxn', blockHash: hash, transactions: filled(3, transaction) },
      4,
    ],
    ['a filter', { type: 'cfilter', filterType: 0, blockHash: hash, filter: bytes300 }, 2],
    [
      'filter headers',
      {
        type: 'cfheaders',
        filterType: 0,
        stopHash: hash,
        previousFilterHeader: hash,
        filterHashes: filled(300, hash),
      },
      0,
    ],
    [
      'checkpoints',
      { type: 'cfcheckpt', filterType: 0, stopHash: hash, filterHeaders: filled(300, hash) },
      2,
    ],
    ['a sketch', { type: 'sketch', sketch: bytes300 }, 2],
    ['short ids', { type: 'reconcildiff', success: true, shortIds: new Uint32Array(300) }, 2],
    ['a package', { type: 'pkgtxns', transactions: filled(3, transaction) }, 4],
  ])('sets aside for %s what it takes, and little more', (_, message, spare) => {
    const registry = createRegistry(baseRegistry, ...packageMessages)
    const { command, payload } = encodePayload(message as Message, registry)
    expect(registry.codecOf(command)?.payloadSize?.(message as never)).toBe(payload.length + spare)
    if (spare === 0) expect(payload.buffer.byteLength).toBe(payload.length)
  })
})

describe('lists of up to 125,000 hashes', () => {
  const hashes = concatBytes(...Array.from({ length: 300 }, (_, index) => new Uint8Array(32).fill(index)))
  const counted = concatBytes(Uint8Array.of(0xfd, 300 & 255, 300 >> 8), hashes)

  it.each([
    ['cfcheckpt', 'filterHeaders', concatBytes(new Uint8Array(33), counted)],
    ['merkleblock', 'hashes', concatBytes(new Uint8Array(84), counted, Uint8Array.of(1, 7))],
  ])('of %s are made when they are asked for', (command, field, payload) => {
    const message = decodePayload(command, payload)
    const holder = message.type === 'merkleblock' ? message.merkleBlock : message
    expect(Object.getOwnPropertyDescriptor(holder, field)?.get).toBeDefined()
    const list = holder[field as keyof typeof holder] as unknown as readonly Uint8Array[]
    expect(list.map(([first]) => first)).toEqual(Array.from({ length: 300 }, (_, index) => index & 255))
    if (message.type === 'merkleblock') expect(message.merkleBlock.flags).toEqual(Uint8Array.of(7))
    expect(encodePayload(message).payload).toEqual(payload)
    expect(() => decodePayload(command, payload.subarray(0, 200))).toThrow(
      expect.objectContaining({ code: 'truncated' }),
    )
  })
})

describe('package relay (BIP331)', () => {
  const registry = createRegistry(baseRegistry, ...packageMessages)
  const transaction = hexToBytes(`0100000001${'07'.repeat(32)}0000000000000000000000000000`)
  const list = (count: number, entry: Uint8Array): Uint8Array =>
    concatBytes(Uint8Array.of(count), ...new Array<Uint8Array>(count).fill(entry))

  it('is read and written', () => {
    for (const [command, payload] of [
      ['sendpackages', hexToBytes('0100000000000080')],
      ['ancpkginfo', list(101, new Uint8Array(32).fill(3))],
      ['getpkgtxns', list(100, new Uint8Array(32).fill(3))],
      ['pkgtxns', list(100, transaction)],
    ] as const) {
      const message = decodePayload(command, payload, registry)
      expect(message.type).toBe(command)
      const encoded = encodePayload(message, registry)
      expect([encoded.command, bytesToHex(encoded.payload)]).toEqual([command, bytesToHex(payload)])
    }
    expect(decodePayload('sendpackages', hexToBytes('0100000000000080'), registry)).toEqual({
      type: 'sendpackages',
      versions: 0x8000_0000_0000_0001n,
    })
    expect(decodePayload('getpkgtxns', list(2, new Uint8Array(32).fill(3)), registry)).toEqual({
      type: 'getpkgtxns',
      wtxids: [new Uint8Array(32).fill(3), new Uint8Array(32).fill(3)],
    })
  })

  it.each([
    ['getpkgtxns', list(101, new Uint8Array(32)), { code: 'too-many', value: 101, limit: 100, offset: 0 }],
    ['pkgtxns', list(101, transaction), { code: 'too-many', value: 101, limit: 100, offset: 0 }],
    ['ancpkginfo', hexToBytes('fe49e80100'), { code: 'too-many', value: 125_001, limit: 125_000 }],
    ['ancpkginfo', list(2, new Uint8Array(32)).subarray(0, 64), { code: 'truncated', value: 64, limit: 63 }],
    ['pkgtxns', concatBytes(Uint8Array.of(1), new Uint8Array(60)), { code: 'empty-transaction', offset: 1 }],
    ['sendpackages', new Uint8Array(7), { code: 'truncated', value: 8, limit: 7 }],
  ])('drops %s out of form', (command, payload, facts) => {
    expect(() => decodePayload(command, payload, registry)).toThrow(
      expect.objectContaining({ command, severity: 'drop', ...facts }),
    )
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
