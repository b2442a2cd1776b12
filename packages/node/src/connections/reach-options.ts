import type { NetworkName, ProxyAddress, SamOptions, Socks5DialerOptions } from '@sapwood/proxy'
import type { Clock, Logger, Random, Resolver } from '@sapwood/transport-v1v2/environment'

/**
 * A SOCKS5 proxy: where it listens (`host` and `port`, or the `path` of a Unix socket), and what it wants.
 */
export type ProxySetting = ProxyAddress & Omit<Socks5DialerOptions, 'proxy'>

/** How peers are reached. Each option but `relay` means what Bitcoin Core's of that name does. */
export interface ReachOptions {
  /**
   * Everything goes through this WebSocket relay (`wss://relay.example`), which is told in the path which
   * address, or name, is meant: `/203.0.113.5:8333`. The way out of a web page, which has no TCP. With it
   * none of the options below is taken. Default: no relay; in a page one has to be named, or a `dialer`
   * given.
   */
  readonly relay?: string
  /**
   * Everything goes through this proxy: IPv4, IPv6, onion services and names, which nobody resolves here
   * (`-proxy`). Without `auth`, each connection gets credentials of its own, which Tor turns into a circuit
   * of its own (`-proxyrandomize`). Default: no proxy.
   */
  readonly proxy?: ProxySetting
  /** Onion services go through this proxy instead (`-onion`); `false`: they are not reached. */
  readonly onion?: ProxySetting | false
  /** The SAM bridge of an I2P router (`-i2psam`). Default: I2P is not reached. */
  readonly i2p?: SamOptions
  /** Whether this machine is part of CJDNS (`-cjdnsreachable`). Default: false. */
  readonly cjdns?: boolean
  /**
   * The only networks that the node picks addresses of by itself (`-onlynet`). Without IPv4 and IPv6 among
   * them no DNS seed of the network is asked, and no name is looked up on this machine, whoever gives it:
   * names go to the proxy of onion services, or nowhere. An IP address that is given by hand is dialled all
   * the same. Default: all that are reached.
   */
  readonly onlyNet?: readonly NetworkName[]
}

export interface BuildDialerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly resolver: Resolver
}
