import { isRoutable, isTeredo, isTunnelled } from './address-ranges.ts'
import type { AddressNetwork, NetworkAddress } from './network-address.ts'

/**
 * How good an address of ours is for a given peer, from the worst to the best (Core,
 * `CNetAddr::GetReachabilityFrom`).
 */
export const ReachabilityClass = {
  UNREACHABLE: 0,
  DEFAULT: 1,
  TEREDO: 2,
  IPV6_WEAK: 3,
  IPV4: 4,
  IPV6_STRONG: 5,
  PRIVATE: 6,
} as const

/** One of the values of {@link ReachabilityClass}. */
export type ReachabilityClass = (typeof ReachabilityClass)[keyof typeof ReachabilityClass]

type Kind = AddressNetwork | 'teredo' | 'unknown'

const { UNREACHABLE, DEFAULT, TEREDO, IPV6_WEAK, IPV4, IPV6_STRONG, PRIVATE } = ReachabilityClass

/**
 * What a peer on the network at the left gets out of an address on the one at the right;
 * `DEFAULT` where nothing is said.
 */
const BY_PARTNER: Readonly<Record<Kind, Readonly<Partial<Record<Kind, ReachabilityClass>>>>> = {
  ipv4: { ipv4: IPV4 },
  ipv6: { teredo: TEREDO, ipv4: IPV4, ipv6: IPV6_STRONG },
  // Tor's users reach IPv4 as well.
  torv3: { ipv4: IPV4, torv3: PRIVATE },
  i2p: { i2p: PRIVATE },
  cjdns: { cjdns: PRIVATE },
  yggdrasil: { yggdrasil: PRIVATE },
  teredo: { teredo: TEREDO, ipv6: IPV6_WEAK, ipv4: IPV4 },
  unknown: { teredo: TEREDO, ipv6: IPV6_WEAK, ipv4: IPV4, torv3: PRIVATE },
}

/**
 * How well the peer at `partner` can reach us at `address`: of several addresses of ours, the one with the
 * highest class is the one to tell it. Without a partner, or with one that is not routable, any network may
 * be where it is.
 */
export function reachabilityClass(address: NetworkAddress, partner?: NetworkAddress): ReachabilityClass {
  if (!isRoutable(address)) return UNREACHABLE
  const found = BY_PARTNER[kindOf(partner)][kindOf(address)] ?? DEFAULT
  // Our IPv6 address is preferred only where it is no tunnel.
  return found === IPV6_STRONG && isTunnelled(address) ? IPV6_WEAK : found
}

function kindOf(address: NetworkAddress | undefined): Kind {
  if (address === undefined || !isRoutable(address)) return 'unknown'
  return isTeredo(address) ? 'teredo' : address.network
}
