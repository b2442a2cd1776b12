import type { AddressNetwork, NetworkAddress } from '@sapwood/wire-codec'
import { shuffle, type Random } from '@sapwood/transport-v1v2/environment'
import type { AddressInfo } from '../addresses/address-info.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { NodeDialer } from './node-dialer.ts'

/** Addresses drawn in one network before the next is tried. */
const MAX_DRAWS = 50
/** Networks that hide who dials, whatever dialer leads there. */
const PRIVATE_NETWORKS: readonly AddressNetwork[] = ['torv3', 'i2p']
/** Networks that hide it only where Tor carries the connection. */
const CLEAR_NETWORKS: readonly AddressNetwork[] = ['ipv4', 'ipv6']

/** Where private broadcasts may go, and through what. */
export type PrivateRoutes = ReadonlyMap<AddressNetwork, NodeDialer>

/**
 * The networks that may carry a private broadcast: onion services and I2P where they are reached; IPv4 and
 * IPv6 only by `overTor`, and only once it has been seen to lead to an onion service, which a proxy that is
 * not Tor never does (Core, `ProxyForIPv4or6`).
 */
export function privateRoutes(
  dialer: NodeDialer,
  facts: { readonly reachable: ReadonlySet<AddressNetwork>; readonly torProven: boolean },
): PrivateRoutes {
  const routes = new Map<AddressNetwork, NodeDialer>()
  const add = (networks: readonly AddressNetwork[], through: NodeDialer): void => {
    for (const network of networks) if (facts.reachable.has(network)) routes.set(network, through)
  }
  add(PRIVATE_NETWORKS, dialer)
  if (dialer.overTor !== undefined && facts.torProven) add(CLEAR_NETWORKS, dialer.overTor)
  return routes
}

export interface PrivateTarget {
  readonly info: AddressInfo
  readonly dialer: NodeDialer
}

/** Draws an address for a private broadcast: any of the networks first, then an address in it. */
export function pickPrivateTarget(
  routes: PrivateRoutes,
  components: {
    readonly addresses: AddressManager
    readonly random: Random
    readonly isExcluded: (address: NetworkAddress) => boolean
  },
): PrivateTarget | undefined {
  const { addresses, random, isExcluded } = components
  for (const [network, dialer] of shuffle(random, [...routes])) {
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const info = addresses.select({ networks: [network] })
      if (info === undefined) break
      if (!isExcluded(info.address)) return { info, dialer }
    }
  }
  return undefined
}
