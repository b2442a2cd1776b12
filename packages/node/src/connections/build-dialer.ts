import {
  createRouter,
  createSamDialer,
  createSocks5Dialer,
  type NetworkName,
  type ProxyAddress,
  type Router,
  type SamOptions,
  type Socks5DialerOptions,
} from '@sapwood/proxy'
import type { Dialer } from '@sapwood/transport-v1v2'
import type { Clock, Logger, Random, Resolver } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import type { NodeDialer } from './node-dialer.ts'

/**
 * A SOCKS5 proxy: where it listens (`host` and `port`, or the `path` of a Unix socket), and what it wants.
 */
export type ProxySetting = ProxyAddress & Omit<Socks5DialerOptions, 'proxy'>

/** How peers are reached. Each option means what Bitcoin Core's of that name does. */
export interface ReachOptions {
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

/** The dialer that these options ask for. @throws ProxyError `invalid-options`. */
export function buildDialer(options: ReachOptions, components: BuildDialerComponents): Router & NodeDialer {
  const { proxy, onion, i2p, cjdns, onlyNet } = options
  const overProxy = proxy === undefined ? undefined : socks5(proxy, components)
  const overOnion = onion === undefined || onion === false ? onion : socks5(onion, components)
  const overTor = overOnion === false ? undefined : (overOnion ?? overProxy)
  const router = createRouter({
    direct: createTcpDialer({ resolver: components.resolver }),
    ...(overProxy !== undefined && { proxy: overProxy }),
    ...(overOnion !== undefined && { onion: overOnion }),
    ...(i2p !== undefined && { i2p: createSamDialer(i2p, components) }),
    ...(cjdns !== undefined && { cjdns }),
    ...(onlyNet !== undefined && { onlyNet }),
  })
  return overTor === undefined ? router : { ...router, overTor }
}

function socks5(setting: ProxySetting, { clock, random, resolver }: BuildDialerComponents): Dialer {
  const isolation = setting.isolation ?? (setting.auth === undefined ? 'per-connection' : 'shared')
  const { auth, tor, ipAs, timeouts } = setting
  return createSocks5Dialer(
    {
      proxy: 'path' in setting ? { path: setting.path } : { host: setting.host, port: setting.port },
      isolation,
      ...(auth !== undefined && { auth }),
      ...(tor !== undefined && { tor }),
      ...(ipAs !== undefined && { ipAs }),
      ...(timeouts !== undefined && { timeouts }),
    },
    { clock, random, resolver },
  )
}
