import {
  concatBytes,
  DecodeError,
  decodePayload,
  hexToBytes,
  type DecodeErrorCode,
  type DecodeSeverity,
} from '../src/index.ts'
import { describe, expect, it } from 'vitest'
import { messageVectors } from './plain.ts'

/** A CompactSize of three bytes. */
const size16 = (value: number): Uint8Array => Uint8Array.of(0xfd, value & 0xff, value >> 8)
const zeros = (length: number): Uint8Array => new Uint8Array(length)
const of = (...bytes: number[]): Uint8Array => Uint8Array.of(...bytes)
const valid = (command: string, note = ''): Uint8Array => {
  const vector = messageVectors.find((each) => each.command === command && each.note === note)
  if (vector === undefined) throw new Error(`No vector ${command}: ${note}`)
  return hexToBytes(vector.payload)
}

interface Case {
  readonly command: string
  readonly what: string
  readonly payload: Uint8Array
  readonly code: DecodeErrorCode
  readonly severity: DecodeSeverity
  readonly offset?: number
  readonly limit?: number | bigint
  readonly value?: number | bigint
}

const emptyTransaction = of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
const header = zeros(80)
/** Header, nonce. */
const compactHead = zeros(88)

const cases: readonly Case[] = [
  // Lists over their limit.
  ...(['addr', 'addrv2'] as const).flatMap((command): Case[] => [
    {
      command,
      what: '1,001 entries',
      payload: concatBytes(size16(1001), zeros(1001 * 30)),
      code: 'too-many',
      severity: 'discourage',
      offset: 0,
      limit: 1000,
      value: 1001,
    },
    {
      command,
      what: '1,001 entries that are not there: Core fails to read them first',
      payload: size16(1001),
      code: 'too-many',
      severity: 'drop',
    },
  ]),
  ...(['inv', 'getdata', 'notfound'] as const).flatMap((command): Case[] => [
    {
      command,
      what: '50,001 entries',
      payload: concatBytes(size16(50_001), zeros(50_001 * 36)),
      code: 'too-many',
      severity: command === 'notfound' ? 'drop' : 'discourage',
      offset: 0,
      limit: 50_000,
      value: 50_001,
    },
    {
      command,
      what: '50,000 entries, one byte short',
      payload: concatBytes(size16(50_000), zeros(50_000 * 36 - 1)),
      code: 'truncated',
      severity: 'drop',
      limit: 50_000 * 36 - 1,
      value: 50_000 * 36,
    },
  ]),
  {
    command: 'headers',
    what: '2,001 headers, none of them there: Core looks at the count first',
    payload: size16(2001),
    code: 'too-many',
    severity: 'discourage',
    limit: 2000,
    value: 2001,
  },
  {
    command: 'headers',
    what: 'a header cut short',
    payload: concatBytes(of(1), zeros(80)),
    code: 'truncated',
    severity: 'drop',
    offset: 1,
    limit: 80,
    value: 81,
  },
  {
    command: 'headers',
    what: 'two headers, the second cut short',
    payload: concatBytes(of(2), zeros(161)),
    code: 'truncated',
    severity: 'drop',
    offset: 1,
    limit: 161,
    value: 162,
  },
  ...(['getheaders', 'getblocks'] as const).flatMap((command): Case[] => [
    {
      command,
      what: 'a locator of 102',
      payload: concatBytes(zeros(4), of(102), zeros(103 * 32)),
      code: 'too-many',
      severity: 'disconnect',
      offset: 4,
      limit: 101,
      value: 102,
    },
    {
      command,
      what: 'a locator of 102 cut short',
      payload: concatBytes(zeros(4), of(102)),
      code: 'too-many',
      severity: 'drop',
    },
  ]),
  {
    command: 'cfheaders',
    what: '2,001 hashes',
    payload: concatBytes(zeros(65), size16(2001), zeros(2001 * 32)),
    code: 'too-many',
    severity: 'drop',
    limit: 2000,
  },
  // CompactSize.
  {
    command: 'inv',
    what: 'a count in three bytes that fits one',
    payload: of(0xfd, 0xfc, 0),
    code: 'non-minimal-size',
    severity: 'drop',
    value: 0xfc,
  },
  {
    command: 'inv',
    what: 'a count in five bytes that fits three',
    payload: of(0xfe, 0xff, 0xff, 0, 0),
    code: 'non-minimal-size',
    severity: 'drop',
    value: 0xffff,
  },
  {
    command: 'inv',
    what: 'a count in nine bytes that fits five',
    payload: of(0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
    code: 'non-minimal-size',
    severity: 'drop',
    value: 0xffff_ffffn,
  },
  {
    command: 'inv',
    what: 'a count of 2^32',
    payload: of(0xff, 0, 0, 0, 0, 1, 0, 0, 0),
    code: 'size-too-large',
    severity: 'drop',
    offset: 0,
    value: 0x1_0000_0000n,
    limit: 0x0200_0000,
  },
  {
    command: 'headers',
    what: 'a count above MAX_SIZE',
    payload: of(0xfe, 1, 0, 0, 2),
    code: 'size-too-large',
    severity: 'drop',
    value: 0x0200_0001,
  },
  {
    command: 'headers',
    what: 'a count of MAX_SIZE',
    payload: of(0xfe, 0, 0, 0, 2),
    code: 'too-many',
    severity: 'discourage',
  },
  {
    command: 'addrv2',
    what: 'services not in their shortest form',
    payload: concatBytes(of(1), zeros(4), of(0xff, 0, 0, 0, 0, 0, 0, 0, 0), zeros(40)),
    code: 'non-minimal-size',
    severity: 'drop',
    offset: 5,
  },
  {
    command: 'addrv2',
    what: 'services of three bytes not in their shortest form',
    payload: concatBytes(of(1), zeros(4), of(0xfd, 1, 0), zeros(40)),
    code: 'non-minimal-size',
    severity: 'drop',
    offset: 5,
  },
  {
    command: 'addrv2',
    what: 'services of five bytes not in their shortest form',
    payload: concatBytes(of(1), zeros(4), of(0xfe, 0xff, 0xff, 0, 0), zeros(40)),
    code: 'non-minimal-size',
    severity: 'drop',
    offset: 5,
  },
  // Addresses.
  {
    command: 'addrv2',
    what: 'an IPv4 address of five bytes',
    payload: concatBytes(of(1), zeros(5), of(1, 5), zeros(7)),
    code: 'invalid-address',
    severity: 'drop',
    offset: 7,
    limit: 4,
    value: 5,
  },
  ...[252, 253].map(
    (size): Case => ({
      command: 'addrv2',
      what: `an IPv4 address of ${size} bytes`,
      payload: concatBytes(of(1), zeros(5), of(1), size < 253 ? of(size) : size16(size), zeros(size + 2)),
      code: 'invalid-address',
      severity: 'drop',
      offset: 7,
      limit: 4,
      value: size,
    }),
  ),
  {
    command: 'addrv2',
    what: 'an address of 513 bytes',
    payload: concatBytes(of(1), zeros(5), of(99), size16(513), zeros(600)),
    code: 'too-long',
    severity: 'drop',
    limit: 512,
    value: 513,
  },
  // Version and what surrounds it.
  {
    command: 'version',
    what: 'a user agent of 257 bytes',
    payload: concatBytes(zeros(80), size16(257), zeros(300)),
    code: 'too-long',
    severity: 'drop',
    offset: 80,
    limit: 256,
    value: 257,
  },
  { command: 'version', what: 'half a sender', payload: zeros(60), code: 'truncated', severity: 'drop' },
  { command: 'version', what: 'no receiver', payload: zeros(20), code: 'truncated', severity: 'drop' },
  { command: 'ping', what: 'a short nonce', payload: zeros(7), code: 'truncated', severity: 'drop' },
  {
    command: 'feature',
    what: 'an id of three bytes',
    payload: concatBytes(of(3), zeros(3), of(0)),
    code: 'too-short',
    severity: 'disconnect',
    offset: 0,
    limit: 4,
    value: 3,
  },
  {
    command: 'feature',
    what: 'an id of 81 bytes',
    payload: concatBytes(of(81), zeros(81), of(0)),
    code: 'too-long',
    severity: 'disconnect',
    limit: 80,
    value: 81,
  },
  {
    command: 'feature',
    what: 'data of 513 bytes',
    payload: concatBytes(of(4), zeros(4), size16(513), zeros(513)),
    code: 'too-long',
    severity: 'disconnect',
    limit: 512,
    value: 513,
  },
  {
    command: 'feature',
    what: 'a byte after it',
    payload: concatBytes(valid('feature'), of(0)),
    code: 'trailing-bytes',
    severity: 'disconnect',
    offset: 10,
    limit: 0,
    value: 1,
  },
  {
    command: 'feature',
    what: 'cut short',
    payload: of(4, 65, 65),
    code: 'truncated',
    severity: 'disconnect',
  },
  { command: 'feature', what: 'nothing', payload: zeros(0), code: 'truncated', severity: 'disconnect' },
  {
    command: 'feature',
    what: 'data cut short',
    payload: of(4, 65, 65, 65, 65, 9),
    code: 'truncated',
    severity: 'disconnect',
  },
  {
    command: 'feature',
    what: 'a length not in its shortest form',
    payload: of(0xfd, 4, 0, 65, 65, 65, 65, 0),
    code: 'non-minimal-size',
    severity: 'disconnect',
  },
  {
    command: 'sendtxrcncl',
    what: 'version 0',
    payload: zeros(12),
    code: 'out-of-range',
    severity: 'disconnect',
    offset: 0,
    limit: 1,
    value: 0,
  },
  {
    command: 'sendcmpct',
    what: 'announce 2',
    payload: concatBytes(of(2), zeros(8)),
    code: 'out-of-range',
    severity: 'discourage',
    offset: 0,
    limit: 1,
    value: 2,
  },
  {
    command: 'sendcmpct',
    what: 'announce 2, cut short',
    payload: of(2),
    code: 'truncated',
    severity: 'drop',
  },
  {
    command: 'feefilter',
    what: 'a negative rate',
    payload: new Uint8Array(8).fill(0xff),
    code: 'out-of-range',
    severity: 'drop',
    offset: 0,
    value: -1n,
  },
  {
    command: 'feefilter',
    what: 'more than all money',
    payload: of(0x01, 0x40, 0x07, 0x5a, 0xf0, 0x75, 0x07, 0x00),
    code: 'out-of-range',
    severity: 'drop',
    value: 2_100_000_000_000_001n,
    limit: 2_100_000_000_000_000n,
  },
  // Bloom filters.
  {
    command: 'filterload',
    what: '36,001 bytes',
    payload: concatBytes(size16(36_001), zeros(36_010)),
    code: 'too-long',
    severity: 'discourage',
    limit: 36_000,
    value: 36_001,
  },
  {
    command: 'filterload',
    what: '36,001 bytes that are not there',
    payload: size16(36_001),
    code: 'too-long',
    severity: 'drop',
  },
  {
    command: 'filterload',
    what: '51 hash functions',
    payload: concatBytes(of(0, 51), zeros(8)),
    code: 'out-of-range',
    severity: 'discourage',
    offset: 1,
    limit: 50,
    value: 51,
  },
  {
    command: 'filteradd',
    what: '521 bytes',
    payload: concatBytes(size16(521), zeros(521)),
    code: 'too-long',
    severity: 'discourage',
    limit: 520,
    value: 521,
  },
  // Transactions and blocks.
  {
    command: 'tx',
    what: 'without inputs',
    payload: emptyTransaction,
    code: 'empty-transaction',
    severity: 'drop',
    offset: 0,
  },
  {
    command: 'tx',
    what: 'witness flag 2',
    payload: concatBytes(of(1, 0, 0, 0, 0, 2), zeros(60)),
    code: 'unknown-witness-flag',
    severity: 'drop',
    offset: 5,
    limit: 1,
    value: 2,
  },
  {
    command: 'tx',
    what: 'witness without inputs',
    payload: concatBytes(of(1, 0, 0, 0, 0, 1, 0, 0), zeros(8)),
    code: 'empty-transaction',
    severity: 'drop',
  },
  {
    command: 'tx',
    what: 'a witness without items',
    payload: concatBytes(of(1, 0, 0, 0, 0, 1, 1), zeros(41), of(0, 0), zeros(4)),
    code: 'superfluous-witness',
    severity: 'drop',
    offset: 49,
  },
  {
    command: 'tx',
    what: 'no lock time',
    payload: concatBytes(of(1, 0, 0, 0, 1), zeros(41), of(0, 0, 0)),
    code: 'truncated',
    severity: 'drop',
  },
  {
    command: 'tx',
    what: 'a script longer than all',
    payload: concatBytes(of(1, 0, 0, 0, 1), zeros(36), of(0xfd, 0xff, 0xff), zeros(50)),
    code: 'truncated',
    severity: 'drop',
  },
  {
    command: 'block',
    what: 'with an empty transaction',
    payload: concatBytes(header, of(1), emptyTransaction, zeros(60)),
    code: 'empty-transaction',
    severity: 'discourage',
    offset: 81,
  },
  {
    command: 'block',
    what: 'with an empty transaction cut short',
    payload: concatBytes(header, of(1), of(1, 0, 0, 0, 0, 0, 0), zeros(2)),
    code: 'truncated',
    severity: 'drop',
  },
  {
    command: 'block',
    what: 'more transactions than bytes',
    payload: concatBytes(header, size16(1000), zeros(100)),
    code: 'truncated',
    severity: 'drop',
  },
  {
    command: 'block',
    what: 'more transactions than can be',
    payload: concatBytes(header, of(0xfe, 0, 0, 2, 0)),
    code: 'too-many',
    severity: 'drop',
  },
  { command: 'block', what: 'half a header', payload: zeros(40), code: 'truncated', severity: 'drop' },
  {
    command: 'merkleblock',
    what: 'more hashes than bytes',
    payload: concatBytes(zeros(84), of(2), zeros(60)),
    code: 'truncated',
    severity: 'drop',
  },
  // Compact blocks.
  {
    command: 'cmpctblock',
    what: 'nothing in it',
    payload: concatBytes(compactHead, of(0, 0)),
    code: 'too-short',
    severity: 'discourage',
  },
  {
    command: 'cmpctblock',
    what: 'a prefilled index beyond the block',
    payload: concatBytes(compactHead, of(0, 1, 1), zeros(60)),
    code: 'out-of-range',
    severity: 'discourage',
    offset: 90,
    limit: 0,
    value: 1,
  },
  {
    command: 'cmpctblock',
    what: 'an index of more than 16 bits',
    payload: concatBytes(compactHead, of(0, 1), of(0xfe, 0, 0, 1, 0), zeros(60)),
    code: 'out-of-range',
    severity: 'drop',
    limit: 65_535,
    value: 65_536,
  },
  {
    command: 'cmpctblock',
    what: 'an empty prefilled transaction',
    payload: concatBytes(compactHead, of(0, 1, 0), emptyTransaction, zeros(50)),
    code: 'empty-transaction',
    severity: 'discourage',
  },
  {
    command: 'cmpctblock',
    what: '65,536 transactions',
    payload: concatBytes(compactHead, of(0xfe, 0, 0, 1, 0), zeros(65_536 * 6 + 1)),
    code: 'too-many',
    severity: 'drop',
    value: 65_536,
    limit: 65_535,
  },
  {
    command: 'cmpctblock',
    what: '65,535 short ids and one prefilled',
    payload: concatBytes(
      compactHead,
      size16(65_535),
      zeros(65_535 * 6),
      of(1, 0),
      valid('tx', 'genesis coinbase'),
    ),
    code: 'too-many',
    severity: 'drop',
    value: 65_536,
    limit: 65_535,
  },
  {
    command: 'cmpctblock',
    what: 'more prefilled transactions than bytes',
    payload: concatBytes(compactHead, of(0, 2), zeros(103)),
    code: 'truncated',
    severity: 'drop',
    offset: 90,
    limit: 103,
    value: 104,
  },
  {
    command: 'cmpctblock',
    what: 'more short ids than bytes',
    payload: concatBytes(compactHead, of(2), zeros(11)),
    code: 'truncated',
    severity: 'drop',
    offset: 89,
    limit: 11,
    value: 12,
  },
  {
    command: 'reconcildiff',
    what: '1,000,001 short ids, more than fit a payload',
    payload: of(1, 0xfe, 0x41, 0x42, 0x0f, 0),
    code: 'too-many',
    severity: 'drop',
    offset: 1,
    limit: 1_000_000,
    value: 1_000_001,
  },
  {
    command: 'getblocktxn',
    what: 'indices that run past 16 bits',
    payload: concatBytes(zeros(32), of(2), size16(65_535), of(0)),
    code: 'out-of-range',
    severity: 'drop',
    limit: 65_535,
    value: 65_536,
  },
  {
    command: 'getblocktxn',
    what: 'more indices than bytes',
    payload: concatBytes(zeros(32), of(2, 0)),
    code: 'truncated',
    severity: 'drop',
  },
  {
    command: 'blocktxn',
    what: 'an empty transaction',
    payload: concatBytes(zeros(32), of(1), emptyTransaction, zeros(60)),
    code: 'empty-transaction',
    severity: 'drop',
  },
  // The size of all.
  {
    command: 'verack',
    what: 'a payload of 4,000,001 bytes',
    payload: zeros(4_000_001),
    code: 'payload-too-large',
    severity: 'drop',
    limit: 4_000_000,
    value: 4_000_001,
  },
]

describe('what Core does with a peer that sends', () => {
  for (const { command, what, payload, ...facts } of cases) {
    it(`${command}: ${what}: ${facts.severity}`, () => {
      expect(decodeError(command, payload)).toMatchObject({ command, ...facts })
    })
  }
})

describe('what is at its limit is accepted', () => {
  const accepted: readonly (readonly [string, Uint8Array])[] = [
    ['addr', concatBytes(size16(1000), zeros(1000 * 30))],
    [
      'addrv2',
      concatBytes(
        size16(1000),
        ...Array.from({ length: 1000 }, () => concatBytes(zeros(5), of(1, 4), zeros(6))),
      ),
    ],
    ['addrv2', concatBytes(of(1), zeros(5), of(99), size16(512), zeros(514))],
    ['inv', concatBytes(size16(50_000), zeros(50_000 * 36))],
    ['headers', concatBytes(size16(2000), zeros(2000 * 81))],
    ['filterload', concatBytes(size16(36_000), zeros(36_000), of(50), zeros(8))],
    ['filteradd', concatBytes(size16(520), zeros(520))],
    ['cfheaders', concatBytes(zeros(65), size16(2000), zeros(2000 * 32))],
    ['cmpctblock', concatBytes(compactHead, size16(65_535), zeros(65_535 * 6), of(0))],
    ['getblocktxn', concatBytes(zeros(32), of(0xfe, 0, 0, 1, 0), zeros(65_536))],
    ['block', concatBytes(header, of(0))],
    ['feefilter', zeros(8)],
    ['feefilter', of(0x00, 0x40, 0x07, 0x5a, 0xf0, 0x75, 0x07, 0x00)],
    ['verack', zeros(4_000_000)],
  ]
  for (const [command, payload] of accepted) {
    it(command, () => {
      expect(decodePayload(command, payload).type).toBe(command)
    })
  }
})

function decodeError(command: string, payload: Uint8Array): DecodeError {
  try {
    decodePayload(command, payload)
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
  throw new Error(`${command} was accepted`)
}
