import { createRouter, createSamDialer, createSocks5Dialer, type Router } from '@sapwood/proxy'
import type { Dialer } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import type { NodeDialer } from './node-dialer.ts'
import type { BuildDialerComponents, ProxySetting, ReachOptions } from './reach-options.ts'

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
