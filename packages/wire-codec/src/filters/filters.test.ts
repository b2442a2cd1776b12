import { describe, expect, it } from 'vitest'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { plainRangedHash } from '../hash/ranged-hash.ts'
import { sipHash24, sipKey } from '../hash/sip-hash.ts'
import { BitReader, BitWriter } from './bit-stream.ts'
import { FILTER_REMAINDER_BITS, readCodes, REMAINDER } from './golomb-codes.ts'
import { decodeGolombSet, encodeGolombSet, FILTER_INVERSE_RATE, setRange } from './golomb-coded-set.ts'

describe('bits', () => {
  it('are written from the highest of each byte', () => {
    const writer = new BitWriter(9)
    expect(bytesToHex(writer.finish())).toBe('')
    writer.unary(0)
    writer.bits(0b101, 3)
    expect(bytesToHex(writer.finish())).toBe('50')
    writer.unary(3)
    expect(bytesToHex(writer.finish())).toBe('5e')
    writer.bits(0x8000_0001, 32)
    writer.unary(9)
    expect(bytesToHex(writer.finish())).toBe('5e80000001ff80')
  })

  it('are read as they were written, at every place of a byte', () => {
    for (let shift = 0; shift < 8; shift++) {
      for (const count of [0, 1, 6, 7, 8, 9, 15, 16, 17, 40]) {
        const writer = new BitWriter(20)
        writer.bits(0, shift)
        writer.unary(count)
        writer.bits(0xa_bcde, 20)
        writer.unary(1)
        const bytes = new Uint8Array([0xff, ...writer.finish()])
        const reader = new BitReader(bytes, 8)
        expect(shift === 0 ? 0 : reader.bits(shift)).toBe(0)
        expect(reader.unary()).toBe(count)
        expect(reader.bits(20)).toBe(0xa_bcde)
        expect(reader.unary()).toBe(1)
        expect(reader.isPastEnd).toBe(false)
        expect(reader.bytesLeft).toBe(0)
      }
    }
  })

  it('are zeros beyond the end', () => {
    const reader = new BitReader(Uint8Array.of(0xff, 0xff), 0)
    expect(reader.bytesLeft).toBe(2)
    expect(reader.bits(1)).toBe(1)
    expect(reader.bytesLeft).toBe(1)
    expect(reader.bits(7)).toBe(0x7f)
    expect(reader.bytesLeft).toBe(1)
    expect(reader.bits(8)).toBe(0xff)
    expect([reader.isPastEnd, reader.bytesLeft]).toEqual([false, 0])
    expect(reader.bits(24)).toBe(0)
    expect(reader.isPastEnd).toBe(true)
    const ones = new BitReader(Uint8Array.of(0xff), 0)
    expect(ones.unary()).toBe(8)
    expect(ones.isPastEnd).toBe(true)
  })
})

describe('Golomb-Rice codes', () => {
  /** As BIP158 has it, a bit after the other. */
  const written = (shift: number, differences: readonly number[]): Uint8Array => {
    const writer = new BitWriter(4_000)
    writer.bits(0, shift)
    for (const difference of differences) {
      writer.unary(Math.floor(difference / REMAINDER))
      writer.bits(difference % REMAINDER, FILTER_REMAINDER_BITS)
    }
    return writer.finish()
  }
  const sums = (differences: readonly number[]): number[] => {
    let sum = 0
    return differences.map((difference) => (sum += difference))
  }
  /** Remainders of all sorts beside one quotient after the other. */
  const noise = (count: number, quotients: readonly number[]): number[] =>
    Array.from({ length: count }, (_, i) => {
      const remainder = [0, REMAINDER - 1, 1, REMAINDER / 2, (i * 48_271) % REMAINDER][i % 5]!
      return quotients[i % quotients.length]! * REMAINDER + remainder
    })

  it.each([[[0]], [[0, 1, 2, 3]], [[10, 11, 12, 13, 4, 5]], [[31, 32, 33, 0]], [[40, 12, 11, 100, 0, 0, 0]]])(
    'with the quotients %j are read at every place of a byte, and however near to the end',
    (quotients) => {
      for (let shift = 0; shift < 8; shift++) {
        for (const count of [0, 1, 2, 3, 4, 5, 6, 7, 8, 90]) {
          const differences = noise(count, quotients)
          const bytes = written(shift, differences)
          const values = new Float64Array(count)
          // A part of something larger, whose other bytes are not to be looked at.
          const larger = new Uint8Array(bytes.length + 30).fill(0xff)
          larger.set(bytes, 20)
          const rest = readCodes(larger.subarray(20, 20 + bytes.length), shift, values)
          expect([...values]).toEqual(sums(differences))
          expect([rest.isPastEnd, rest.bytesLeft]).toEqual([false, 0])
        }
      }
    },
  )

  it('end where they end: what follows is left, what is missing is past the end', () => {
    const bytes = written(0, noise(50, [0, 1, 2]))
    const few = readCodes(bytes, 0, new Float64Array(20))
    expect([few.isPastEnd, few.bytesLeft > 60]).toEqual([false, true])
    expect(readCodes(bytes.subarray(0, -1), 0, new Float64Array(50)).isPastEnd).toBe(true)
    expect(readCodes(bytes, 0, new Float64Array(52)).isPastEnd).toBe(true)
  })
})

describe('a Golomb-coded set', () => {
  const key = sipKey(Uint8Array.from({ length: 16 }, (_, i) => i))
  const sortedHashes = (some: readonly Uint8Array[], count: number): Float64Array =>
    Float64Array.from(some, plainRangedHash(key, setRange(count))).sort()
  const items = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i, 7))

  it.each([1, 5471, 5472, 5473, 100_000, 2 ** 31])('of %d has the hashes of BIP158', (count) => {
    const range = BigInt(count) * BigInt(FILTER_INVERSE_RATE)
    const expected = items
      .map((item) =>
        Number(
          (sipHash24(
            Uint8Array.from({ length: 16 }, (_, i) => i),
            item,
          ) *
            range) >>
            64n,
        ),
      )
      .sort((a, b) => a - b)
    expect([...sortedHashes(items, count)]).toEqual(expected)
  })

  it('gives its hashes back, each item counted once', () => {
    const bytes = encodeGolombSet(key, [...items, ...items])
    expect(bytes[0]).toBe(items.length)
    expect(decodeGolombSet(bytes)).toEqual(sortedHashes(items, items.length))
  })

  it('has room for the worst quotients', () => {
    for (let count = 1; count <= 40; count++) {
      const some = items.slice(0, count)
      expect(decodeGolombSet(encodeGolombSet(key, some))).toEqual(sortedHashes(some, count))
    }
  })

  it('is as short as its codes can be', () => {
    expect([...decodeGolombSet(hexToBytes('020000000000'))]).toEqual([0, 0])
    expect([...decodeGolombSet(hexToBytes('01000010'))]).toEqual([1])
    expect([...decodeGolombSet(hexToBytes('01c00008'))]).toEqual([2 * 2 ** 19 + 2])
  })

  it.each([
    ['too few bytes', '0200000000', { code: 'truncated', value: 5, limit: 4, offset: 1 }],
    ['too few bytes for three', '03000000000000', { code: 'truncated', value: 8, limit: 6, offset: 1 }],
    ['a code that runs past them', '01fffff0', { code: 'truncated', offset: 1, value: undefined }],
    ['a byte too many', '0100000000', { code: 'trailing-bytes', value: 1, limit: 0, offset: 1 }],
    ['two bytes too many', '000000', { code: 'trailing-bytes', value: 2, limit: 0, offset: 1 }],
  ])('is refused with %s', (_, hex, facts) => {
    expect(() => decodeGolombSet(hexToBytes(hex))).toThrow(
      expect.objectContaining({ severity: 'drop', ...facts }),
    )
  })
})
