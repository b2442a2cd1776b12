import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../bytes/hex.ts'
import { isLocal, isRoutable, isTeredo, isTunnelled, linkedIpv4 } from './address-ranges.ts'
import { netgroup, netgroupKey } from './netgroup.ts'
import type { NetworkAddress } from './network-address.ts'
import { parsePeerAddress } from './parse-peer-address.ts'
import { ReachabilityClass, reachabilityClass } from './reachability-class.ts'

const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
const I2P = 'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p'

const address = (text: string): NetworkAddress => {
  const parsed = parsePeerAddress(text, { defaultPort: 8333 })
  if (parsed.network === 'name') throw new Error(`A name: ${text}`)
  return parsed
}

describe('isRoutable', () => {
  it.each([
    '8.8.8.8',
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '169.253.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '192.0.3.0',
    '255.255.255.254',
    '2001:470::1',
    '2001:db7::1',
    '2001:f::1',
    '2001:30::1',
    'fec0::1',
    'fe80:0:0:1::1',
    'fc00::1',
    '200::1',
    ONION,
    I2P,
  ])('says yes to %s', (text) => {
    expect(isRoutable(address(text))).toBe(true)
  })

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.255.255.255',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '169.254.1.1',
    '100.64.0.0',
    '100.127.255.255',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '255.255.255.255',
    '::',
    '::1',
    '2001:db8::1',
    'fe80::1',
    'fd00::1',
    '2001:10::1',
    '2001:1f::1',
    '2001:20::1',
    '2001:2f:ffff::1',
  ])('says no to %s', (text) => {
    expect(isRoutable(address(text))).toBe(false)
  })

  it.each([
    'fc000000000000000000000000000001',
    '00000000000000000000ffff08080808',
    'fd87d87eeb430102030405060708090a',
  ])('says no to the IPv6 bytes %s', (hex) => {
    expect(isRoutable({ network: 'ipv6', bytes: hexToBytes(hex), port: 1 })).toBe(false)
  })
})

it.each([
  ['127.0.0.1', true],
  ['0.0.0.0', true],
  ['::1', true],
  ['8.8.8.8', false],
  ['::2', false],
  ['fc00::1', false],
])('isLocal says of %s: %s', (text, local) => {
  expect(isLocal(address(text))).toBe(local)
})

describe('netgroup', () => {
  // bitcoin/bitcoin src/test/netbase_tests.cpp: netbase_getgroup
  it.each([
    ['127.0.0.1', [0]],
    ['257.0.0.1', undefined],
    ['10.0.0.1', [0]],
    ['169.254.1.1', [0]],
    ['1.2.3.4', [1, 1, 2]],
    ['::FFFF:0:102:304', [1, 1, 2]],
    ['64:FF9B::102:304', [1, 1, 2]],
    ['2002:102:304:9999:9999:9999:9999:9999', [1, 1, 2]],
    ['2001:0:9999:9999:9999:9999:FEFD:FCFB', [1, 1, 2]],
    ['2001:470:abcd:9999:9999:9999:9999:9999', [2, 32, 1, 4, 112, 175]],
    ['2001:2001:9999:9999:9999:9999:9999:9999', [2, 32, 1, 32, 1]],
    // 0x79 and the bits after the first four set.
    [ONION, [3, 0x7f]],
    [I2P, [4, 0xaf]],
    ['fc12:3456::1', [5, 0xfc, 0x1f]],
    ['[212:3456::1]', [7, 0x02, 0x12, 0x3f]],
  ])('of %s is %j', (text, group) => {
    if (group === undefined) expect(() => address(text)).toThrow(SyntaxError)
    else expect([...netgroup(address(text))]).toEqual(group)
  })

  it('has a text form', () => {
    expect(netgroupKey(address('1.2.3.4'))).toBe('010102')
  })
})

describe('linkedIpv4', () => {
  it.each(['fc00::1', '2001:470::1', ONION, '10.0.0.1', '::1'])('finds none in %s', (text) => {
    expect(linkedIpv4(address(text))).toBeUndefined()
  })

  it('tells the kinds of tunnel apart', () => {
    expect(
      [address('2002::1'), address('64:ff9b::1.2.3.4'), address('::ffff:0:102:304')].every(isTunnelled),
    ).toBe(true)
    expect(isTunnelled(address('2001::1'))).toBe(false)
    expect(isTeredo(address('2001::1'))).toBe(true)
    expect(isTeredo(address('2001:1::1'))).toBe(false)
    expect(isTeredo(address('1.2.3.4'))).toBe(false)
  })
})

describe('reachabilityClass', () => {
  const kinds = {
    ipv4: '1.2.3.4',
    ipv6: '2001:470::1',
    tunnel: '2002:102:304::1',
    teredo: '2001:0:9999::1',
    tor: ONION,
    i2p: I2P,
    cjdns: 'fc00::1',
    yggdrasil: '[200::1]',
    none: '10.0.0.1',
  }
  const order = ['ipv4', 'ipv6', 'tunnel', 'teredo', 'tor', 'i2p', 'cjdns', 'yggdrasil', 'none'] as const

  // Rows: where the partner is; columns: our address, in the order above (Core,
  // `CNetAddr::GetReachabilityFrom`).
  it.each([
    ['ipv4', [4, 1, 1, 1, 1, 1, 1, 1, 0]],
    ['ipv6', [4, 5, 3, 2, 1, 1, 1, 1, 0]],
    ['tunnel', [4, 5, 3, 2, 1, 1, 1, 1, 0]],
    ['teredo', [4, 3, 3, 2, 1, 1, 1, 1, 0]],
    ['tor', [4, 1, 1, 1, 6, 1, 1, 1, 0]],
    ['i2p', [1, 1, 1, 1, 1, 6, 1, 1, 0]],
    ['cjdns', [1, 1, 1, 1, 1, 1, 6, 1, 0]],
    ['yggdrasil', [1, 1, 1, 1, 1, 1, 1, 6, 0]],
    ['none', [4, 3, 3, 2, 6, 1, 1, 1, 0]],
    [undefined, [4, 3, 3, 2, 6, 1, 1, 1, 0]],
  ] as const)('for a partner on %s', (partner, classes) => {
    const from = partner === undefined ? undefined : address(kinds[partner])
    expect(order.map((ours) => reachabilityClass(address(kinds[ours]), from))).toEqual([...classes])
  })

  it('orders them', () => {
    expect(Object.values(ReachabilityClass)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})
