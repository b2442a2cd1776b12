import { bytesToHex } from '../bytes/hex.ts'
import { isRoutable, linkedIpv4 } from './address-ranges.ts'
import { hasPrefix } from './ip16.ts'
import type { AddressNetwork, NetworkAddress } from './network-address.ts'

/**
 * Numbers of Core's `enum Network`, which stand first in a group;
 * Yggdrasil has none there and takes the next free one.
 */
const NETWORK_NUMBERS = {
  ipv4: 1,
  ipv6: 2,
  torv3: 3,
  i2p: 4,
  cjdns: 5,
  yggdrasil: 7,
} as const satisfies Record<AddressNetwork, number>
const UNROUTABLE = 0

/** Hurricane Electric's tunnels, 2001:470::/32: one /32 for a whole world of users, so it is cut finer. */
const HURRICANE_ELECTRIC = Uint8Array.of(0x20, 0x01, 0x04, 0x70)

/**
 * The group of addresses that may well be under one hand, as bytes (Core: NetGroupManager::GetGroup without
 * an ASN map): the /16 for IPv4 and for IPv6 that embeds it, the /32 for other IPv6 (/36 for he.net), the
 * first 4 random bits for the overlay networks; all that is not routable is one group.
 * @example
 * // The first two bytes of an IPv4 address.
 * netgroup({ network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 8333 }) // Uint8Array(3) [ 1, 1, 2 ]
 */
export function netgroup(address: NetworkAddress): Uint8Array {
  if (!isRoutable(address)) return Uint8Array.of(UNROUTABLE)
  const ipv4 = linkedIpv4(address)
  if (ipv4 !== undefined) return Uint8Array.of(NETWORK_NUMBERS.ipv4, ipv4[0]!, ipv4[1]!)
  return prefixGroup(address, groupBits(address))
}

/** The group of {@link netgroup} as lower-case hex, for maps and sets. */
export function netgroupKey(address: NetworkAddress): string {
  return bytesToHex(netgroup(address))
}

function groupBits({ network, bytes }: NetworkAddress): number {
  switch (network) {
    case 'torv3':
    case 'i2p':
      return 4
    // The first 8 bits are the same for all.
    case 'cjdns':
      return 12
    // The first byte is the same for nearly all, the second tells the strength of the key.
    case 'yggdrasil':
      return 20
    default:
      return hasPrefix(bytes, HURRICANE_ELECTRIC) ? 36 : 32
  }
}

/** The network's number and the first `bits` of the address, with ones after them to the end of the byte. */
function prefixGroup({ network, bytes }: NetworkAddress, bits: number): Uint8Array {
  const group = new Uint8Array(1 + Math.ceil(bits / 8))
  group[0] = NETWORK_NUMBERS[network]
  group.set(bytes.subarray(0, group.length - 1), 1)
  group[group.length - 1]! |= (1 << (-bits & 7)) - 1
  return group
}
