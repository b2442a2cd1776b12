import type { FieldWriter } from '../bytes/field-writer.ts'
import type { NetworkAddress } from './network-address.ts'

/** Start of an IPv4 address mapped into IPv6, ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
const IPV4_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
/** OnionCat's range, in which Tor v2 addresses were carried: fd87:d87e:eb43::/48. */
const TOR_V2_PREFIX = Uint8Array.of(0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43)
/**
 * Core's own range for names of DNS seeds, "0x" and sha256("bitcoin")[0:5]: fd6b:88c0:8724::/48.
 * Never on the wire.
 */
const INTERNAL_PREFIX = Uint8Array.of(0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24)
/** First byte of each CJDNS address. */
export const CJDNS_PREFIX = 0xfc

/** Whether `bytes` begins with `prefix`. */
export function hasPrefix(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return hasPrefixAt(bytes, 0, prefix)
}

function hasPrefixAt(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false
  return true
}

/** Whether 16 bytes hold an IPv4 address. */
export function isMappedIpv4(ip: Uint8Array): boolean {
  return hasPrefix(ip, IPV4_PREFIX)
}

/**
 * Whether 16 bytes hold what is no address of IPv6: a Tor v2 address, or a name of Core's own address book.
 */
export function isObsoleteIp16(ip: Uint8Array): boolean {
  return hasPrefix(ip, TOR_V2_PREFIX) || hasPrefix(ip, INTERNAL_PREFIX)
}

/** Whether 16 bytes are in Yggdrasil's range, 200::/7. */
export function isYggdrasil(ip: Uint8Array): boolean {
  return (ip[0]! & 0xfe) === 0x02
}

/**
 * The address in the 16-byte form of `addr` and `version`: IPv6, or IPv4 mapped into it; IPv6 bytes are a
 * view of `ip`. `skip` for a Tor v2 address and for Core's internal names, which are read and dropped (Core,
 * `SetLegacyIPv6`). Those messages know neither CJDNS nor Yggdrasil, so what is in their ranges is IPv6 here,
 * as in Core.
 * @param ip 16 bytes.
 */
export function decodeIp16(ip: Uint8Array, port: number): NetworkAddress | 'skip' {
  return decodeIp16At(ip, 0, port)
}

/** As `decodeIp16`, of the 16 bytes of `source` from `at` on: for lists, with one view for each address. */
export function decodeIp16At(source: Uint8Array, at: number, port: number): NetworkAddress | 'skip' {
  const start = source.byteOffset + at
  if (hasPrefixAt(source, at, IPV4_PREFIX)) {
    return { network: 'ipv4', bytes: new Uint8Array(source.buffer, start + 12, 4), port }
  }
  if (hasPrefixAt(source, at, TOR_V2_PREFIX) || hasPrefixAt(source, at, INTERNAL_PREFIX)) return 'skip'
  return { network: 'ipv6', bytes: new Uint8Array(source.buffer, start, 16), port }
}

/**
 * The 16-byte form of an address; `undefined` where it has none:
 * only IPv4 and IPv6 do (Core, `IsAddrV1Compatible`).
 */
export function encodeIp16({ network, bytes }: NetworkAddress): Uint8Array | undefined {
  if (network === 'ipv6') return bytes
  if (network !== 'ipv4') return undefined
  const ip = new Uint8Array(16)
  ip.set(IPV4_PREFIX)
  ip.set(bytes, 12)
  return ip
}

/** Writes the 16-byte form of an address. @returns false where it has none, and nothing was written. */
export function writeIp16({ network, bytes }: NetworkAddress, fields: FieldWriter): boolean {
  if (network === 'ipv4') {
    fields.skip(10)
    fields.u16be(0xffff)
  } else if (network !== 'ipv6') return false
  fields.bytes(bytes)
  return true
}

/**
 * The address that 16 bytes stand for where a person wrote them: IPv4,
 * CJDNS and Yggdrasil by their ranges, else IPv6.
 */
export function classifyIp16(ip: Uint8Array, port: number): NetworkAddress {
  if (isMappedIpv4(ip)) return { network: 'ipv4', bytes: ip.slice(12), port }
  if (ip[0] === CJDNS_PREFIX) return { network: 'cjdns', bytes: ip, port }
  return { network: isYggdrasil(ip) ? 'yggdrasil' : 'ipv6', bytes: ip, port }
}
