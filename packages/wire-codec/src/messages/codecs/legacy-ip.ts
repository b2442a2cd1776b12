import type { NetworkAddress } from '../../addresses/network-address.ts'

/** ::ffff:0:0/96, an IPv4 address in IPv6 form (RFC 4291). */
const IPV4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
/** fd87:d87e:eb43::/48, a Tor v2 address in IPv6 form (OnionCat). */
const TOR_V2 = Uint8Array.of(0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43)
/** fd6b:88c0:8724::/48, names that Core gave addresses within itself (`INTERNAL_IN_IPV6_PREFIX`). */
const INTERNAL = Uint8Array.of(0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24)

/** Whether an IPv6 address stands for something else, and does not belong in an IPv6 entry of `addrv2` (BIP155). */
export function isEmbedded(ip: Uint8Array): boolean {
  return startsWith(ip, IPV4_MAPPED) || startsWith(ip, TOR_V2) || startsWith(ip, INTERNAL)
}

/** The address in the 16 bytes of an `addr` entry, a view; undefined for Tor v2 and Core's internal names. */
export function fromLegacyIp(ip: Uint8Array, port: number): NetworkAddress | undefined {
  if (startsWith(ip, IPV4_MAPPED)) return { network: 'ipv4', bytes: ip.subarray(12), port }
  return isEmbedded(ip) ? undefined : { network: 'ipv6', bytes: ip, port }
}

/** The 16 bytes of `address` in an `addr` entry; undefined for networks that it cannot carry. */
export function toLegacyIp(address: NetworkAddress): Uint8Array | undefined {
  if (address.network === 'ipv6') return address.bytes
  if (address.network !== 'ipv4') return undefined
  const ip = new Uint8Array(16)
  ip.set(IPV4_MAPPED)
  ip.set(address.bytes, 12)
  return ip
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, index) => bytes[index] === byte)
}
