import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../bytes/hex.ts'
import { DecodeError } from '../errors/decode-error.ts'
import { decodePayload } from '../messages/payload.ts'
import { ADDRESS_SIZES, Bip155NetworkId, decodeBip155 } from './bip155.ts'
import type { AddressNetwork } from './network-address.ts'

const decode = (id: number, hex: string, port = 8333) => decodeBip155(id, hexToBytes(hex), port)

// The cases of Core's net_tests.cpp (cnetaddr_unserialize_v2), and Yggdrasil, which Core does not know.
describe('decodeBip155', () => {
  it.each([
    [1, '01020304', 'ipv4', 8333],
    [2, '0102030405060708090a0b0c0d0e0f10', 'ipv6', 8333],
    [4, '79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f', 'torv3', 8333],
    [4, '00000000000000000000ffff66b66b0469f7f6556fb1ac3189a79b40dda32f1f', 'torv3', 8333],
    [5, 'a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87', 'i2p', 0],
    [6, 'fc000001000200030004000500060007', 'cjdns', 8333],
    [7, '0200000100020003000400050006000a', 'yggdrasil', 8333],
    [7, '0300000100020003000400050006000a', 'yggdrasil', 8333],
  ] as const)('reads network %i', (id, hex, network, port) => {
    expect(decode(id, hex, port)).toEqual({ network, bytes: hexToBytes(hex), port })
    expect(Bip155NetworkId[network]).toBe(id)
    expect(ADDRESS_SIZES[network]).toBe(hex.length / 2)
  })

  it.each([
    ['IPv4 in IPv6', 2, '00000000000000000000ffff01020304', 8333],
    ['Tor v2 in IPv6', 2, 'fd87d87eeb430102030405060708090a', 8333],
    ['a name of Core in IPv6', 2, 'fd6b88c087240102030405060708090a', 8333],
    ['Tor v2', 3, 'f1f2f3f4f5f6f7f8f9fa', 8333],
    ['I2P with a port', 5, 'a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87', 8333],
    ['CJDNS outside its range', 6, 'aa000001000200030004000500060007', 8333],
    ['Yggdrasil outside its range', 7, '0400000100020003000400050006000a', 8333],
    ['network 0', 0, '01020304', 8333],
    ['an unknown network', 0xaa, '01020304', 8333],
    ['an unknown network without an address', 0xaa, '', 8333],
  ])('leaves out %s', (_, id, hex, port) => {
    expect(decode(id, hex, port)).toBe('skip')
  })

  it.each([
    ['ipv4', 3],
    ['ipv4', 5],
    ['ipv4', 0],
    ['ipv6', 4],
    ['ipv6', 17],
    ['torv3', 0],
    ['torv3', 31],
    ['i2p', 3],
    ['cjdns', 1],
  ] satisfies [AddressNetwork, number][])('refuses %s in %i bytes', (network, size) => {
    const refuse = () =>
      decodeBip155(Bip155NetworkId[network], new Uint8Array(size), 0, { offset: 7, command: 'addrv2' })
    expect(refuse).toThrow(DecodeError)
    expect(refuse).toThrow(
      expect.objectContaining({
        code: 'invalid-address',
        value: size,
        limit: ADDRESS_SIZES[network],
        offset: 7,
        command: 'addrv2',
        severity: 'drop',
      }),
    )
    expect(() => decodeBip155(Bip155NetworkId[network], new Uint8Array(size), 0)).toThrow(
      expect.objectContaining({ offset: 0, command: undefined }),
    )
  })

  it.each([0, 15, 17])(
    'leaves out a Yggdrasil address of %i bytes, as Core leaves out what it does not know',
    (size) => {
      expect(decodeBip155(Bip155NetworkId.yggdrasil, new Uint8Array(size).fill(2), 1)).toBe('skip')
      const rest = '00000000' + '00' + '01' + '04' + '01020304' + '0001'
      const odd = `000000000007${size.toString(16).padStart(2, '0')}${'02'.repeat(size)}0001`
      const payload = hexToBytes(`02${odd}${rest}`)
      const { addresses } = decodePayload('addrv2', payload) as { addresses: readonly unknown[] }
      expect(addresses).toHaveLength(1)
    },
  )
})
