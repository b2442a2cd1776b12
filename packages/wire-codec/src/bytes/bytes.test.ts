import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../errors/decode-error.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { bytesEqual, compareBytes, concatBytes } from './bytes-equal.ts'
import { compactSizeLength, MAX_COMPACT_SIZE } from './compact-size.ts'
import { bytesToHex, hexToBytes } from './hex.ts'
import { lazyList } from './lazy-list.ts'

const written = (write: (writer: ByteWriter) => unknown): string => {
  const writer = new ByteWriter()
  write(writer)
  return bytesToHex(writer.finish())
}
const reader = (hex: string): ByteReader => new ByteReader(hexToBytes(hex), 'test')

describe('numbers', () => {
  it.each([
    ['u8', 'ff', 255, (r: ByteReader) => r.u8(), (w: ByteWriter) => w.u8(255)],
    ['u16', '0102', 0x0201, (r: ByteReader) => r.u16(), (w: ByteWriter) => w.u16(0x0201)],
    ['u16be', '0102', 0x0102, (r: ByteReader) => r.u16be(), (w: ByteWriter) => w.u16be(0x0102)],
    ['u32', '010203ff', 0xff03_0201, (r: ByteReader) => r.u32(), (w: ByteWriter) => w.u32(0xff03_0201)],
    [
      'i32',
      '010203ff',
      0xff03_0201 | 0,
      (r: ByteReader) => r.i32(),
      (w: ByteWriter) => w.i32(0xff03_0201 | 0),
    ],
    [
      'u48',
      '0102030405ff',
      0xff05_0403_0201,
      (r: ByteReader) => r.u48(),
      (w: ByteWriter) => w.u48(0xff05_0403_0201),
    ],
    [
      'u64',
      '01020304050607ff',
      0xff07_0605_0403_0201n,
      (r: ByteReader) => r.u64(),
      (w: ByteWriter) => w.u64(0xff07_0605_0403_0201n),
    ],
    ['i64', 'feffffffffffffff', -2n, (r: ByteReader) => r.i64(), (w: ByteWriter) => w.i64(-2n)],
  ])('%s', (_, hex, value, read, write) => {
    const whole = reader(hex)
    expect(read(whole)).toBe(value)
    expect(whole.remaining).toBe(0)
    expect(written(write)).toBe(hex)
    expect(() => read(reader(hex.slice(2)))).toThrow(DecodeError)
  })

  it.each([
    ['u8', (w: ByteWriter) => w.u8(256)],
    ['u8', (w: ByteWriter) => w.u8(-1)],
    ['u8', (w: ByteWriter) => w.u8(1.5)],
    ['u16', (w: ByteWriter) => w.u16(0x1_0000)],
    ['u16be', (w: ByteWriter) => w.u16be(0x1_0000)],
    ['u32', (w: ByteWriter) => w.u32(0x1_0000_0000)],
    ['u32', (w: ByteWriter) => w.u32(-1)],
    ['u32', (w: ByteWriter) => w.u32(NaN)],
    ['i32', (w: ByteWriter) => w.i32(0x8000_0000)],
    ['i32', (w: ByteWriter) => w.i32(-0x8000_0001)],
    ['u48', (w: ByteWriter) => w.u48(0x1_0000_0000_0000)],
    ['u64', (w: ByteWriter) => w.u64(1n << 64n)],
    ['u64', (w: ByteWriter) => w.u64(-1n)],
    ['i64', (w: ByteWriter) => w.i64(1n << 63n)],
    ['i64', (w: ByteWriter) => w.i64(-(1n << 63n) - 1n)],
    ['size', (w: ByteWriter) => w.compactSize(-1)],
    ['size', (w: ByteWriter) => w.compactSize(-1n)],
    ['size', (w: ByteWriter) => w.compactSize(1.5)],
    ['size', (w: ByteWriter) => w.compactSize(1n << 64n)],
    ['hash', (w: ByteWriter) => w.hash(new Uint8Array(31))],
    ['a character above U+00FF', (w: ByteWriter) => w.varString('\u0100')],
  ])('%s out of range is a RangeError', (_, write) => {
    const writer = new ByteWriter()
    expect(() => write(writer)).toThrow(RangeError)
  })

  it('at their limits are written', () => {
    expect(written((w) => w.u8(0).u8(255).u16(0xffff).u16be(0xffff).u32(0xffff_ffff))).toBe(
      '00ff' + 'ff'.repeat(8),
    )
    expect(written((w) => w.i32(-0x8000_0000).i32(0x7fff_ffff))).toBe('00000080ffffff7f')
    expect(written((w) => w.u48(0xffff_ffff_ffff))).toBe('f'.repeat(12))
  })
})

describe('CompactSize', () => {
  it.each([
    [0, '00'],
    [0xfc, 'fc'],
    [0xfd, 'fdfd00'],
    [0xffff, 'fdffff'],
    [0x1_0000, 'fe00000100'],
    [MAX_COMPACT_SIZE, 'fe00000002'],
  ])('%d', (value, hex) => {
    expect(written((w) => w.compactSize(value))).toBe(hex)
    expect(written((w) => w.compactSize(BigInt(value)))).toBe(hex)
    expect(compactSizeLength(value)).toBe(hex.length / 2)
    expect(compactSizeLength(BigInt(value))).toBe(hex.length / 2)
    expect(reader(hex).compactSize()).toBe(value)
    expect(reader(hex).compactSize64()).toBe(BigInt(value))
  })

  it.each([
    [0xffff_ffffn, 'feffffffff'],
    [0x1_0000_0000n, 'ff0000000001000000'],
    [0xffff_ffff_ffff_ffffn, 'ffffffffffffffffff'],
  ])('%d as a value', (value, hex) => {
    expect(written((w) => w.compactSize(value))).toBe(hex)
    expect(compactSizeLength(value)).toBe(hex.length / 2)
    expect(reader(hex).compactSize64()).toBe(value)
    const skipped = reader(`${hex}aa`)
    skipped.skipCompactSize64()
    expect(skipped.remaining).toBe(1)
    expect(() => reader(hex).compactSize()).toThrow(
      expect.objectContaining({ code: 'size-too-large', offset: 0 }),
    )
  })

  it.each(['fd', 'fdff', 'fe', 'feffffff', 'ff', 'ffffffffffffffff', ''])('cut short: %s', (hex) => {
    expect(() => reader(hex).compactSize()).toThrow(expect.objectContaining({ code: 'truncated' }))
    expect(() => reader(hex).compactSize64()).toThrow(expect.objectContaining({ code: 'truncated' }))
  })

  it.each(['fd0000', 'fdfc00', 'fe00000000', 'feffff0000', 'ffffffffff00000000', 'ff0000000000000000'])(
    'not in its shortest form: %s',
    (hex) => {
      const later = reader(`aa${hex}`)
      later.skip(1)
      expect(() => later.compactSize()).toThrow(
        expect.objectContaining({ code: 'non-minimal-size', offset: 1 }),
      )
      expect(() => reader(hex).compactSize64()).toThrow(
        expect.objectContaining({ code: 'non-minimal-size', offset: 0 }),
      )
      expect(() => {
        reader(hex).skipCompactSize64()
      }).toThrow(expect.objectContaining({ code: 'non-minimal-size' }))
    },
  )

  it('is the same whichever way it is read', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
        expect(reader(written((w) => w.compactSize(value))).compactSize64()).toBe(value)
      }),
    )
  })
})

describe('byte strings', () => {
  it('are views', () => {
    const source = hexToBytes('0203040506')
    const view = new ByteReader(source).varBytes()
    source[1] = 0xff
    expect(bytesToHex(view)).toBe('ff04')
    expect(view.buffer).toBe(source.buffer)
  })

  it('are views of a view at the right place', () => {
    const source = hexToBytes('aaaa0203040506').subarray(2)
    const whole = new ByteReader(source)
    expect(bytesToHex(whole.varBytes())).toBe('0304')
    expect(bytesToHex(whole.rest())).toBe('0506')
    expect(whole.rest()).toEqual(new Uint8Array(0))
  })

  it('over their limit are refused with the severity that was asked for, or dropped when also cut short', () => {
    expect(() => reader('020304').varBytes(1, 'discourage')).toThrow(
      expect.objectContaining({
        code: 'too-long',
        value: 2,
        limit: 1,
        severity: 'discourage',
        offset: 0,
        command: 'test',
      }),
    )
    expect(() => reader('0203').varBytes(1, 'discourage')).toThrow(
      expect.objectContaining({ severity: 'drop' }),
    )
    expect(() => reader('0203').varBytes(2, 'discourage')).toThrow(
      expect.objectContaining({ code: 'truncated', value: 2, limit: 1 }),
    )
    expect(() => {
      reader('020304').skipVarBytes(1)
    }).toThrow(expect.objectContaining({ code: 'too-long', value: 2, limit: 1, offset: 0 }))
    expect(() => {
      reader('0203').skipVarBytes()
    }).toThrow(expect.objectContaining({ code: 'truncated' }))
  })

  it('passed over leave the reader behind them', () => {
    const whole = reader('0203040506')
    whole.skipVarBytes(2)
    expect(whole.offset).toBe(3)
    whole.skip(2)
    expect(whole.remaining).toBe(0)
    expect(() => {
      whole.skip(1)
    }).toThrow(expect.objectContaining({ code: 'truncated', offset: 5, value: 1, limit: 0 }))
  })

  it('become characters, one for each byte', () => {
    expect(reader('0341e9ff').varString(3)).toBe('A\u00e9\u00ff')
    expect(written((w) => w.varString('A\u00e9\u00ff'))).toBe('0341e9ff')
  })

  it('carry what a failure means where the reader says it', () => {
    expect(() => new ByteReader(new Uint8Array(1), 'feature', 'disconnect').u16()).toThrow(
      expect.objectContaining({ severity: 'disconnect', command: 'feature', code: 'truncated' }),
    )
  })

  it('hashes are 32 bytes', () => {
    const whole = reader('11'.repeat(128))
    expect(whole.hash()).toHaveLength(32)
    expect(whole.blockHash()).toHaveLength(32)
    expect(whole.txid()).toHaveLength(32)
    expect(whole.wtxid()).toHaveLength(32)
    expect(whole.remaining).toBe(0)
    expect(() => reader('11'.repeat(31)).hash()).toThrow(DecodeError)
  })
})

describe('counts', () => {
  it('are accepted up to the limit, with the bytes there', () => {
    expect(reader('02aaaaaaaa').count(2, 2)).toBe(2)
    expect(() => reader('02aaaaaa').count(2, 2)).toThrow(
      expect.objectContaining({ code: 'truncated', value: 4, limit: 3 }),
    )
    expect(() => reader('03aaaaaaaaaaaa').count(2, 2, 'discourage')).toThrow(
      expect.objectContaining({ code: 'too-many', value: 3, limit: 2, severity: 'discourage', offset: 0 }),
    )
    expect(() => reader('03aaaaaaaaaa').count(2, 2, 'discourage')).toThrow(
      expect.objectContaining({ code: 'too-many', severity: 'drop' }),
    )
  })

  it('make lists', () => {
    expect(reader('010203').list(3, (next) => next.u8())).toEqual([1, 2, 3])
  })

  it('make lists that are made once, when first asked for', () => {
    const whole = reader('00010203')
    whole.skip(1)
    let made = 0
    const list = lazyList(whole, (next) => {
      made++
      return next.list(3, (each) => each.u8())
    })
    whole.skip(3)
    expect(made).toBe(0)
    expect(list()).toEqual([1, 2, 3])
    expect(list()).toBe(list())
    expect(made).toBe(1)
  })
})

describe('the writer', () => {
  it('grows, and gives an array of the exact length', () => {
    const writer = new ByteWriter(1)
    expect(writer.size).toBe(0)
    writer.bytes(new Uint8Array(100).fill(7)).u8(1)
    expect(writer.size).toBe(101)
    const bytes = writer.finish()
    expect(bytes).toHaveLength(101)
    expect(bytes.buffer.byteLength).toBe(101)
    expect(bytes[99]).toBe(7)
  })

  it('copies nothing at the end when the capacity was right', () => {
    const writer = new ByteWriter(2)
    writer.u16(5)
    expect(writer.finish().buffer.byteLength).toBe(2)
  })

  it('starts from nothing', () => {
    expect(new ByteWriter(0).u8(1).finish()).toEqual(Uint8Array.of(1))
  })
})

describe('hex', () => {
  it('goes both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes)
      }),
    )
    expect(hexToBytes('00aAfF19')).toEqual(Uint8Array.of(0, 0xaa, 0xff, 0x19))
    expect(bytesToHex(Uint8Array.of(0, 0x0a, 0xff))).toBe('000aff')
  })

  it.each(['0', '0g', 'g0', '0:', '0/', '0@', '0`', '0G', ' 0', '0\u0130', '-1'])('refuses %j', (hex) => {
    expect(() => hexToBytes(hex)).toThrow(SyntaxError)
  })
})

describe('comparison', () => {
  it('is by bytes', () => {
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
    expect(bytesEqual(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
    expect(Math.sign(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)))).toBe(-1)
    expect(Math.sign(compareBytes(Uint8Array.of(2), Uint8Array.of(1, 3)))).toBe(1)
    expect(Math.sign(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 3)))).toBe(-1)
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1))).toBe(0)
  })

  it('joins', () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(
      Uint8Array.of(1, 2, 3),
    )
    expect(concatBytes()).toEqual(new Uint8Array(0))
  })
})
