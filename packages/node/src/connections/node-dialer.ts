import type { AddressNetwork, PeerAddress } from '@sapwood/wire-codec'
import type { Dialer } from '@sapwood/transport-v1v2'

/** A dialer that may say what it reaches, as the routers of `@sapwood/proxy` do. */
export interface NodeDialer extends Dialer {
  /** Networks of the addresses that are chosen by the node itself. Default: IPv4 and IPv6. */
  readonly reachable?: ReadonlySet<AddressNetwork>
  /**
   * False where names go to a proxy: nothing is then resolved here, and DNS seeds are dialled by name and
   * asked for addresses. Default: whether there is a `resolver`, here or among the components of the node.
   */
  readonly resolvesNames?: boolean
  /**
   * What leads to an address: where it is anything but `direct`, our `version` does not repeat the address,
   * which a proxy was to hide. Default: `direct`.
   */
  routeOf?(address: PeerAddress): 'direct' | 'proxy' | 'i2p' | undefined
  /**
   * Reaches IPv4 and IPv6 through Tor: for private broadcasts, beside onion services and I2P. Default:
   * nothing does, and only those two are used.
   */
  readonly overTor?: NodeDialer
}
