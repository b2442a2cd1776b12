import type { Dialer } from '@sapwood/transport-v1v2'
import type { PeerAddress } from '@sapwood/wire-codec'

/** What leads to an address. */
export type Route = 'direct' | 'proxy' | 'i2p'

/**
 * A dialer that connects to nothing but its proxy or its I2P router,
 * and so resolves no name of a peer on this machine.
 */
export interface ProxyDialer extends Dialer {
  readonly resolvesNames: false
  routeOf(address: PeerAddress): Exclude<Route, 'direct'>
}
