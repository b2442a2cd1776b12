import { bytesToHex, hexToBytes } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { decodeStump, encodeStump, formatStump, parseStump } from './stump-format.ts'
import { Stump } from './stump.ts'

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const stump = new Stump(0b1011, [hash(0xa8), hash(0), hash(0xa1)])

describe('a stump as bytes', () => {
  it('has the layout of the Go library: zeros for an emptied tree', () => {
    const bytes = encodeStump(stump, 'go')
    expect(bytesToHex(bytes)).toBe(
      `0b000000000000000300000000000000${'a8'.repeat(32)}${'00'.repeat(32)}${'a1'.repeat(32)}`,
    )
    expect(decodeStump(bytes, 'go').equals(stump)).toBe(true)
  })

  it('has the layout of rustreexo: a tag before each root', () => {
    const bytes = encodeStump(stump, 'rustreexo')
    expect(bytesToHex(bytes)).toBe(
      `0b00000000000000030000000000000002${'a8'.repeat(32)}0002${'a1'.repeat(32)}`,
    )
    expect(decodeStump(bytes, 'rustreexo').equals(stump)).toBe(true)
  })

  it.each([
    ['bytes that end too early', encodeStump(stump, 'go').subarray(0, 90), 'go'],
    ['bytes to spare', Uint8Array.of(...encodeStump(stump, 'go'), 0), 'go'],
    ['a root too many', hexToBytes(`0100000000000000${'02'.padEnd(16, '0')}${'11'.repeat(64)}`), 'go'],
    ['2^64 - 1 roots', hexToBytes(`0100000000000000${'ff'.repeat(8)}`), 'go'],
    ['2^64 - 1 leaves', hexToBytes(`${'ff'.repeat(8)}4000000000000000`), 'go'],
    ['an unknown tag', hexToBytes(`0100000000000000010000000000000001${'11'.repeat(32)}`), 'rustreexo'],
    ['no bytes', new Uint8Array(0), 'rustreexo'],
  ] as const)('is refused with %s', (_, bytes, layout) => {
    expect(() => decodeStump(bytes, layout)).toThrow(expect.objectContaining({ code: 'invalid-stump' }))
  })
})

describe('a stump as text', () => {
  it('is read as it was written', () => {
    expect(formatStump(new Stump())).toBe('0:')
    for (const each of [stump, new Stump(), new Stump(4, [hash(9)])]) {
      expect(parseStump(formatStump(each)).equals(each)).toBe(true)
    }
  })

  it.each([
    '',
    '0',
    '1:',
    '01:',
    '-1:',
    `1:${'ab'.repeat(31)}`,
    `1:${'ab'.repeat(32)},`,
    `2:${'AB'.repeat(32)}`,
    '1e3:',
  ])('is refused as %j', (text) => {
    expect(() => parseStump(text)).toThrow(
      expect.objectContaining({ code: 'invalid-stump', fault: 'caller' }),
    )
  })
})

describe('a stump', () => {
  it('needs one root for each tree', () => {
    expect(() => new Stump(3, [hash(1)])).toThrow(expect.objectContaining({ expected: 2, received: 1 }))
    expect(() => new Stump(2 ** 53, [hash(1)])).toThrow(expect.objectContaining({ code: 'invalid-stump' }))
    expect(() => new Stump(1, [new Uint8Array(31)])).toThrow(expect.objectContaining({ code: 'hash-length' }))
  })

  it('keeps nothing of what it was made from', () => {
    const root = hash(1)
    const made = new Stump(1, [root])
    root.fill(2)
    expect(made.roots[0]).toEqual(hash(1))
  })

  it('takes no leaf that stands for nothing', () => {
    expect(() => stump.add([hash(0)])).toThrow(expect.objectContaining({ code: 'empty-hash', index: 0 }))
  })
})
