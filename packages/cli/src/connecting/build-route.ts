import { createRouter, createSamDialer, createSocks5Dialer, type Router } from '@sapwood/proxy'
import { eagerFallback, type FallbackPolicy, neverFallback, onlyV1 } from '@sapwood/transport-v1v2'
import type { Resolver } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer, systemResolver } from '@sapwood/transport-v1v2/tcp'
import type { PeerAddress } from '@sapwood/wire-codec'
import type { CommonOptions } from '../options/common-options.ts'
import { endpointText } from '../options/endpoint.ts'

/** What `--proxy`, `--onion` and `--i2p` say. */
export type Proxies = Pick<CommonOptions, 'proxy' | 'onion' | 'i2p'>

/** A dialer that goes the way that the options say. */
export function buildRoute({ proxy, onion, i2p }: Proxies, resolver: Resolver = systemResolver): Router {
  return createRouter({
    direct: createTcpDialer({ resolver }),
    ...(proxy !== undefined && { proxy: createSocks5Dialer({ proxy, isolation: 'per-connection' }) }),
    ...(onion !== undefined && {
      onion: createSocks5Dialer({ proxy: onion, isolation: 'per-connection' }),
    }),
    ...(i2p !== undefined && { i2p: createSamDialer({ sam: i2p }) }),
  })
}

/** By which way an address is reached, in words. */
export function routeText(route: Router, proxies: Proxies, address: PeerAddress): string {
  const { proxy, onion, i2p } = proxies
  switch (route.routeOf(address)) {
    case 'direct':
      return 'directly'
    case 'i2p':
      return i2p === undefined ? 'over I2P' : `over I2P, SAM bridge ${endpointText(i2p)}`
    case 'proxy': {
      const taken = address.network === 'torv3' ? (onion ?? proxy) : (proxy ?? onion)
      return taken === undefined ? 'through a proxy' : `through SOCKS5 ${endpointText(taken)}`
    }
    case undefined:
      return 'by no way that there is'
  }
}

/** What `--v1` and `--v2` ask for; without them v2 first, and v1 wherever that helps. */
export function fallbackOf({ v1, v2 }: Pick<CommonOptions, 'v1' | 'v2'>): FallbackPolicy {
  if (v1 === true) return onlyV1
  return v2 === true ? neverFallback : eagerFallback
}
