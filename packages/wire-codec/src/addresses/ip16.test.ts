import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../bytes/hex.ts'
import { classifyIp16, decodeIp16, encodeIp16 } from './ip16.ts'
import { parsePeerAddress } from './parse-peer-address.ts'
import type { NetworkAddress } from './network-address.ts'

describe('the 16-byte form', () => {
  it.each([
    ['00000000000000000000ffff01020304', 'ipv4', '01020304'],
    ['20010470000000000000000000000001', 'ipv6', '20010470000000000000000000000001'],
    // No CJDNS and no Yggdrasil in addr: they are ranges of IPv6 there, as in Core.
    ['fc000000000000000000000000000001', 'ipv6', 'fc000000000000000000000000000001'],
    ['02000000000000000000000000000001', 'ipv6', '02000000000000000000000000000001'],
    ['00000000000000000000000000000000', 'ipv6', '00000000000000000000000000000000'],
  ] as const)('reads and writes %s', (hex, network, bytes) => {
    const address = decodeIp16(hexToBytes(hex), 8333)
    expect(address).toEqual({ network, bytes: hexToBytes(bytes), port: 8333 })
    expect(encodeIp16(address as NetworkAddress)).toEqual(hexToBytes(hex))
  })

  it('is read as a view of the bytes given', () => {
    const ip = hexToBytes('00000000000000000000ffff01020304')
    const address = decodeIp16(ip, 1) as NetworkAddress
    ip[15] = 9
    expect(address.bytes[3]).toBe(9)
  })

  it.each(['fd87d87eeb430102030405060708090a', 'fd6b88c087240102030405060708090a'])('drops %s', (hex) => {
    expect(decodeIp16(hexToBytes(hex), 8333)).toBe('skip')
  })

  it.each([
    ['00000000000000000000ffff01020304', 'ipv4'],
    ['00000000000000000000fffe01020304', 'ipv6'],
    ['fc000000000000000000000000000001', 'cjdns'],
    ['fd000000000000000000000000000001', 'ipv6'],
    ['fb000000000000000000000000000001', 'ipv6'],
    ['01000000000000000000000000000001', 'ipv6'],
    ['02000000000000000000000000000001', 'yggdrasil'],
    ['03000000000000000000000000000001', 'yggdrasil'],
    ['04000000000000000000000000000001', 'ipv6'],
    ['06000000000000000000000000000001', 'ipv6'],
  ] as const)('%s written by a person is %s', (hex, network) => {
    const ip = hexToBytes(hex)
    const bytes = network === 'ipv4' ? ip.slice(12) : ip
    expect(classifyIp16(ip, 18_333)).toEqual({ network, bytes, port: 18_333 })
  })

  it.each(['[fc00::1]', '[200::1]', 'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p'])(
    'does not carry %s',
    (text) => {
      expect(encodeIp16(parsePeerAddress(text, { defaultPort: 1 }) as NetworkAddress)).toBeUndefined()
    },
  )
})
