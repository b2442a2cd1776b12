/**
 * Which IP addresses are no one's on the public Internet, and which hold another: by the RFCs that are named
 * beside each.
 * https://www.iana.org/assignments/iana-ipv4-special-registry/
 * https://www.iana.org/assignments/iana-ipv6-special-registry/
 * https://github.com/bitcoin/bitcoin/blob/master/src/netaddress.cpp
 * @module
 */

import { hasPrefix, isMappedIpv4, isObsoleteIp16 } from './ip16.ts'
import type { NetworkAddress } from './network-address.ts'

type Range = readonly [prefix: Uint8Array, bits: number]

const range = (bits: number, ...prefix: number[]): Range => [Uint8Array.from(prefix), bits]

/** IPv4 ranges that are no one's on the public Internet (Core, `CNetAddr::IsRoutable`). */
const UNROUTABLE_IPV4: readonly Range[] = [
  range(8, 0), // this network (RFC 1122); Core: IsLocal
  range(8, 127), // loopback (RFC 1122); Core: IsLocal
  range(8, 10), // private (RFC 1918)
  range(12, 172, 16),
  range(16, 192, 168),
  range(15, 198, 18), // benchmarks (RFC 2544)
  range(16, 169, 254), // link-local (RFC 3927)
  range(10, 100, 64), // carrier-grade NAT (RFC 6598)
  range(24, 192, 0, 2), // documentation (RFC 5737)
  range(24, 198, 51, 100),
  range(24, 203, 0, 113),
  range(32, 255, 255, 255, 255), // broadcast; Core: IsValid
]

const IPV6_LOOPBACK = range(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)

/** IPv6 ranges that are no one's on the public Internet. */
const UNROUTABLE_IPV6: readonly Range[] = [
  range(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), // unspecified; Core: IsValid
  IPV6_LOOPBACK,
  range(32, 0x20, 0x01, 0x0d, 0xb8), // documentation (RFC 3849); Core: IsValid
  range(64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0), // link-local (RFC 4862)
  range(7, 0xfc), // unique local (RFC 4193)
  range(28, 0x20, 0x01, 0x00, 0x10), // ORCHID (RFC 4843)
  range(28, 0x20, 0x01, 0x00, 0x20), // ORCHIDv2 (RFC 7343)
]

/** IPv4 translated statelessly, ::ffff:0:0:0/96 (RFC 6145). */
const TRANSLATED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0)
/** IPv4 behind NAT64, 64:ff9b::/96 (RFC 6052). */
const NAT64 = Uint8Array.of(0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0)
/** 6to4, 2002::/16 (RFC 3964). */
const SIX_TO_FOUR = Uint8Array.of(0x20, 0x02)
/** Teredo, 2001::/32 (RFC 4380). */
const TEREDO = Uint8Array.of(0x20, 0x01, 0, 0)

function inRange(bytes: Uint8Array, [prefix, bits]: Range): boolean {
  const whole = bits >>> 3
  for (let i = 0; i < whole; i++) if (bytes[i] !== prefix[i]) return false
  const rest = bits & 7
  return rest === 0 || ((bytes[whole]! ^ prefix[whole]!) & (0xff00 >>> rest) & 0xff) === 0
}

/**
 * Whether an address can be reached from the public network it belongs to, and so is worth keeping and
 * passing on (Core, `CNetAddr::IsRoutable`). Addresses of the overlay networks always are.
 * @example
 * isRoutable({ network: 'ipv4', bytes: Uint8Array.of(192, 168, 0, 1), port: 8333 }) // false
 * isRoutable({ network: 'ipv4', bytes: Uint8Array.of(1, 1, 1, 1), port: 8333 }) // true
 */
export function isRoutable({ network, bytes }: NetworkAddress): boolean {
  if (network === 'ipv4') return !UNROUTABLE_IPV4.some((one) => inRange(bytes, one))
  if (network !== 'ipv6') return true
  return !isMappedIpv4(bytes) && !isObsoleteIp16(bytes) && !UNROUTABLE_IPV6.some((one) => inRange(bytes, one))
}

/**
 * Whether an address is the machine's own: loopback or "this network" (Core, `CNetAddr::IsLocal`).
 * @example
 * isLocal({ network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 8333 }) // true
 */
export function isLocal({ network, bytes }: NetworkAddress): boolean {
  if (network === 'ipv4') return bytes[0] === 127 || bytes[0] === 0
  return network === 'ipv6' && inRange(bytes, IPV6_LOOPBACK)
}

/** Whether an IPv6 address is reached through a tunnel over IPv4 (RFC 3964, 6052 or 6145). */
export function isTunnelled({ network, bytes }: NetworkAddress): boolean {
  return network === 'ipv6' && [SIX_TO_FOUR, NAT64, TRANSLATED].some((prefix) => hasPrefix(bytes, prefix))
}

/** Whether an address is Teredo's (RFC 4380). */
export function isTeredo({ network, bytes }: NetworkAddress): boolean {
  return network === 'ipv6' && hasPrefix(bytes, TEREDO)
}

/**
 * The IPv4 address, 4 bytes, that a routable address is or is reached through: itself, or the one embedded in
 * an IPv6 address by RFC 3964, 4380, 6052 or 6145 (Core, `GetLinkedIPv4`). `undefined` for any other.
 */
export function linkedIpv4(address: NetworkAddress): Uint8Array | undefined {
  const { network, bytes } = address
  if (!isRoutable(address)) return undefined
  if (network === 'ipv4') return bytes
  if (network !== 'ipv6') return undefined
  if (hasPrefix(bytes, TRANSLATED) || hasPrefix(bytes, NAT64)) return bytes.slice(12)
  if (hasPrefix(bytes, SIX_TO_FOUR)) return bytes.slice(2, 6)
  // Teredo carries it with each bit inverted.
  return hasPrefix(bytes, TEREDO) ? bytes.slice(12).map((byte) => byte ^ 0xff) : undefined
}
