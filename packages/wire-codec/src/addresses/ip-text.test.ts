import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../bytes/hex.ts'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './ip-text.ts'

describe('IPv4', () => {
  it('reads and writes four decimal numbers', () => {
    expect(parseIpv4('1.2.30.255')).toEqual(Uint8Array.of(1, 2, 30, 255))
    expect(formatIpv4(Uint8Array.of(1, 2, 30, 255))).toBe('1.2.30.255')
  })

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.0x4',
    '1.2.3.-4',
    '1..3.4',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1e1.2.3.4',
  ])('refuses %j', (text) => {
    expect(parseIpv4(text)).toBeUndefined()
  })
})

describe('IPv6', () => {
  // The examples of RFC 5952 §4 and RFC 4291 §2.2.
  it.each([
    ['2001:0db8::0001', '20010db8000000000000000000000001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '20010db8000000000000000000020001', '2001:db8::2:1'],
    ['2001:db8::1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '20010000000000010000000000000001', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['2001:DB8::AAAA', '20010db800000000000000000000aaaa', '2001:db8::aaaa'],
    ['::', '00000000000000000000000000000000', '::'],
    ['::1', '00000000000000000000000000000001', '::1'],
    ['1::', '00010000000000000000000000000000', '1::'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304', '::ffff:102:304'],
    ['64:ff9b::1.2.3.4', '0064ff9b000000000000000001020304', '64:ff9b::102:304'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304', '1:2:3:4:5:6:102:304'],
  ])('reads %s', (text, hex, canonical) => {
    expect(parseIpv6(text)).toEqual(hexToBytes(hex))
    expect(formatIpv6(hexToBytes(hex))).toBe(canonical)
  })

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1::',
    '1::2::3',
    '12345::',
    'g::',
    ':1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8:',
    ':1::',
    '1.2.3.4::',
    '1.2.3.4:1::',
    '::1.2.3.4:1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
    'fe80::1%eth0',
    '[::1]',
    ' ::1',
  ])('refuses %j', (text) => {
    expect(parseIpv6(text)).toBeUndefined()
  })

  it('reads back what it writes', () => {
    const sparse = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .chain((bytes) =>
        fc
          .uint8Array({ minLength: 16, maxLength: 16, max: 1 })
          .map((mask) => bytes.map((byte, i) => byte * mask[i]!)),
      )
    fc.assert(
      fc.property(sparse, (bytes) => {
        const text = formatIpv6(bytes)
        expect(isIPv6(text)).toBe(true)
        expect(parseIpv6(text)).toEqual(bytes)
      }),
    )
  })

  it('agrees with node:net on what is an address', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'01ff::::..42'.split('')), maxLength: 24 })
    fc.assert(
      fc.property(soup, (text) => {
        expect(parseIpv6(text) !== undefined).toBe(isIPv6(text))
        expect(parseIpv4(text) !== undefined).toBe(isIPv4(text))
      }),
      { numRuns: 2000 },
    )
  })
})
