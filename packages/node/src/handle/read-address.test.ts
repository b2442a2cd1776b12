import { formatPeerAddress } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { readAddress, readSubnet } from './read-address.ts'

const invalid = expect.objectContaining({ name: 'NodeError', code: 'invalid-address' }) as Error

describe('an address that a program gives', () => {
  it('has one form, however it is written', () => {
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7)
    for (const given of [
      '203.0.113.7',
      { network: 'name', host: '203.0.113.7', port: 8333 } as const,
      { network: 'ipv6', bytes: mapped, port: 8333 } as const,
    ]) {
      expect(formatPeerAddress(readAddress(given, 8333))).toBe('203.0.113.7:8333')
    }
  })

  it('is refused as text and as an object', () => {
    expect(() => readAddress('203.0.113.7:70000', 8333)).toThrow(invalid)
    expect(() => readAddress({ network: 'ipv4', bytes: new Uint8Array(5), port: 1 }, 8333)).toThrow(invalid)
  })
})

describe('whom a program bans', () => {
  it('is an address or a subnet', () => {
    expect(readSubnet('203.0.113.0/24')).toMatchObject({ network: 'ipv4', prefixLength: 24 })
  })

  it.each(['', 'example.org', '1.2.3.4/33'])('is refused where it is %j', (text) => {
    expect(() => readSubnet(text)).toThrow(invalid)
  })
})
