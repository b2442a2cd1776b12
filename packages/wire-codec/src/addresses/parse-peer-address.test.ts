import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../bytes/hex.ts'
import { decodePayload, encodePayload } from '../messages/payload.ts'
import type { MessageOf } from '../messages/message.ts'
import { formatHost, formatPeerAddress } from './format-peer-address.ts'
import type { NetworkAddress, PeerAddress } from './network-address.ts'
import { parseHost, parsePeerAddress } from './parse-peer-address.ts'
import { peerAddressKey } from './peer-address-key.ts'

const options = { defaultPort: 8333 }
const parse = (text: string): PeerAddress => parsePeerAddress(text, options)

// The key in BIP155's example, as Core's net_tests.cpp has it.
const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
const ONION_KEY = '79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f'
const I2P = 'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p'
const I2P_HASH = 'a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87'

describe('parsePeerAddress', () => {
  it.each([
    ['1.2.3.4', 'ipv4', '01020304', 8333, '1.2.3.4:8333'],
    ['1.2.3.4:18444', 'ipv4', '01020304', 18444, '1.2.3.4:18444'],
    ['1.2.3.4:0', 'ipv4', '01020304', 0, '1.2.3.4:0'],
    ['::ffff:1.2.3.4', 'ipv4', '01020304', 8333, '1.2.3.4:8333'],
    ['[::ffff:102:304]:1', 'ipv4', '01020304', 1, '1.2.3.4:1'],
    ['2001:470::1', 'ipv6', '20010470000000000000000000000001', 8333, '[2001:470::1]:8333'],
    ['[2001:470::1]', 'ipv6', '20010470000000000000000000000001', 8333, '[2001:470::1]:8333'],
    ['[2001:470::1]:65535', 'ipv6', '20010470000000000000000000000001', 65535, '[2001:470::1]:65535'],
    ['::1:8333', 'ipv6', '00000000000000000000000000018333', 8333, '[::1:8333]:8333'],
    [
      '[FC00:1:2:3:4:5:6:7]:8333',
      'cjdns',
      'fc000001000200030004000500060007',
      8333,
      '[fc00:1:2:3:4:5:6:7]:8333',
    ],
    ['fd00::1', 'ipv6', 'fd000000000000000000000000000001', 8333, '[fd00::1]:8333'],
    ['[200:1::1]:8333', 'yggdrasil', '02000001000000000000000000000001', 8333, '[200:1::1]:8333'],
    ['[3ff::1]', 'yggdrasil', '03ff0000000000000000000000000001', 8333, '[3ff::1]:8333'],
    [ONION, 'torv3', ONION_KEY, 8333, `${ONION}:8333`],
    [`${ONION.toUpperCase()}:9999`, 'torv3', ONION_KEY, 9999, `${ONION}:9999`],
    [I2P, 'i2p', I2P_HASH, 0, `${I2P}:0`],
    [`${I2P.toUpperCase()}:0`, 'i2p', I2P_HASH, 0, `${I2P}:0`],
  ] as const)('reads %s', (text, network, hex, port, written) => {
    const address = parse(text)
    expect(address).toEqual({ network, bytes: hexToBytes(hex), port })
    expect(formatPeerAddress(address)).toBe(written)
    expect(parse(written)).toEqual(address)
    expect(parseHost(formatHost(address), port)).toEqual(address)
  })

  it.each([
    ['localhost', 'localhost', 8333],
    ['Seed.Example.COM:1', 'seed.example.com', 1],
    ['a_b.example', 'a_b.example', 8333],
    ['example.com.', 'example.com.', 8333],
    ['xn--bcher-kva.example:80', 'xn--bcher-kva.example', 80],
    ['1.2.3.example', '1.2.3.example', 8333],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`, 8333],
    [`${'a.'.repeat(126)}b`, `${'a.'.repeat(126)}b`, 8333],
  ])('reads the name %s', (text, host, port) => {
    const address = parse(text)
    expect(address).toEqual({ network: 'name', host, port })
    expect(formatHost(address)).toBe(host)
    expect(parse(formatPeerAddress(address))).toEqual(address)
  })

  it.each([
    '',
    ':8333',
    '.',
    'a..b',
    '-a.b',
    'a-.b',
    'a b',
    'bücher.example',
    'example.com:',
    'example.com:99999',
    'example.com:1a',
    'example.com:+1',
    'example.com:-1',
    '1.2.3.4:65536',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.04',
    '0x7f.1',
    '127.0.0.0x1',
    '2130706433',
    '[1.2.3.4]:8333',
    '[example.com]:8333',
    '[::1',
    '[::1]8333',
    '[::1]:',
    '[]:1',
    '::1]',
    'user@1.2.3.4',
    'http://example.com',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(127)}b`,
    '.onion',
    // Tor v2, and what looks like Tor v3: another checksum, another version, a letter too few.
    '6hzph5hv6337r6p2.onion',
    `a${ONION.slice(1)}`,
    `${ONION.slice(0, 55)}a.onion`,
    ONION.slice(1),
    `sub.${ONION}`,
    '.b32.i2p',
    'stats.i2p',
    I2P.slice(1),
    `${I2P}:8333`,
    // The last character has spare bits, which must be zero.
    I2P.replace('q.b32', 'r.b32'),
  ])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError)
  })

  it('says what it refused, in short', () => {
    expect(() => parse('x'.repeat(1000))).toThrow(/^Not an address or a DNS name: "x{80}…"$/)
  })

  it.each([-1, 65_536, 1.5, Number.NaN])('refuses the port %d beside a host', (port) => {
    expect(() => parseHost('1.2.3.4', port)).toThrow(SyntaxError)
  })
})

describe('peerAddressKey', () => {
  it('is the same for the same address only', () => {
    const texts = [
      '1.2.3.4',
      '1.2.3.4:1',
      '1.2.3.5',
      '[2001::1]',
      ONION,
      I2P,
      'fc00::1',
      'a.example',
      'b.example',
    ]
    const keys = texts.map((text) => peerAddressKey(parse(text)))
    expect(new Set(keys).size).toBe(texts.length)
    expect(peerAddressKey(parse('::ffff:1.2.3.4'))).toBe(keys[0])
    expect(peerAddressKey(parse('A.Example'))).toBe(keys[7])
  })

  it('tells networks of the same bytes apart', () => {
    const bytes = hexToBytes('fc000000000000000000000000000001')
    expect(peerAddressKey({ network: 'ipv6', bytes, port: 1 })).not.toBe(
      peerAddressKey({ network: 'cjdns', bytes, port: 1 }),
    )
  })
})

describe('any address', () => {
  const bytes = (size: number, first?: number) =>
    fc
      .uint8Array({ minLength: size, maxLength: size })
      .map((all) => (first === undefined ? all : Uint8Array.of(first, ...all.subarray(1))))
  const port = fc.nat(0xffff)
  const address = fc.oneof(
    fc.record({ network: fc.constant('ipv4' as const), bytes: bytes(4), port }),
    fc.record({ network: fc.constant('ipv6' as const), bytes: bytes(16, 0x20), port }),
    fc.record({ network: fc.constant('cjdns' as const), bytes: bytes(16, 0xfc), port }),
    fc.record({ network: fc.constant('yggdrasil' as const), bytes: bytes(16, 0x03), port }),
    fc.record({ network: fc.constant('torv3' as const), bytes: bytes(32), port }),
    fc.record({ network: fc.constant('i2p' as const), bytes: bytes(32), port: fc.constant(0) }),
  )

  it('is read back from its text, in either case', () => {
    fc.assert(
      fc.property(address, (one) => {
        const text = formatPeerAddress(one)
        expect(parsePeerAddress(text, { defaultPort: 1 })).toEqual(one)
        expect(parsePeerAddress(text.toUpperCase(), { defaultPort: 1 })).toEqual(one)
      }),
    )
  })

  const anyCharacters = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes))

  it('is refused with a SyntaxError or read, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), anyCharacters), (text) => {
        try {
          parsePeerAddress(text, { defaultPort: 1 })
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
    )
  })

  it('keeps the zone of a link-local address, which names the link', () => {
    const one = parsePeerAddress('[fe80::1%eth0]:18444', { defaultPort: 1 }) as NetworkAddress
    expect(one).toMatchObject({ network: 'ipv6', port: 18_444, zone: 'eth0' })
    expect(formatPeerAddress(one)).toBe('[fe80::1%eth0]:18444')
    const two = parsePeerAddress('fe80::1%2', { defaultPort: 18_444 })
    expect(two).toMatchObject({ zone: '2' })
    expect(peerAddressKey(two)).not.toBe(peerAddressKey(one))
    const payload = encodePayload({
      type: 'addrv2',
      addresses: [{ time: 1, services: 0n, address: one }],
    }).payload
    const { addresses } = decodePayload('addrv2', payload) as MessageOf<'addrv2'>
    expect(addresses[0]!.address).toEqual({ network: 'ipv6', bytes: one.bytes, port: 18_444 })
  })

  it.each([
    '2001:db8::1%eth0',
    '::1%lo',
    'fe80::1%',
    'fe80::1%a b',
    'fe80::1%a%b',
    '%eth0:1',
    '1.2.3.4%eth0',
    `fe80::1%${'a'.repeat(65)}`,
  ])('takes no zone where there is none to have: %s', (text) =>
    expect(() => parsePeerAddress(text, { defaultPort: 1 })).toThrow(SyntaxError),
  )
})
