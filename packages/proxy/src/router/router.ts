import type { Dialer } from '@sapwood/transport-v1v2'
import { type AddressNetwork, isLocal, type PeerAddress } from '@sapwood/wire-codec'
import {
  aBoolean,
  anObjectWith,
  aText,
  either,
  listOf,
  optionsOf,
  orJust,
} from '@sapwood/wire-codec/arguments'
import { ProxyError } from '../errors/proxy-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { Route } from './route.ts'
import { addressNetwork, type NetworkName, networkOf } from './networks.ts'

/** The proxy of each network, as Core's `-proxy=<address>=<network>`. */
export type ProxyByNetwork = Readonly<
  Partial<Record<'ipv4' | 'ipv6' | 'onion' | 'cjdns' | 'yggdrasil', Dialer>>
>

/** Which way leads to which network. Each option means what Bitcoin Core's option of that name does. */
export interface RouterOptions {
  /**
   * Dials IPv4, IPv6, CJDNS and Yggdrasil addresses that no proxy is set for.
   * Leave it out and nothing is dialled directly.
   */
  readonly direct?: Dialer
  /**
   * The proxy of IPv4, IPv6, Tor, CJDNS, Yggdrasil and of names; or one for each network, and `direct` for
   * the rest (`-proxy`). A loopback address goes to `direct` all the same, where there is one. Core dials
   * whatever is not routable itself; here an address of a private network goes through the proxy, since a
   * packet to it leaves the machine.
   */
  readonly proxy?: Dialer | ProxyByNetwork
  /** Dials onion services instead of `proxy` (`-onion`); `false`: nothing does (`-noonion`). */
  readonly onion?: Dialer | false
  /** Dials I2P destinations (`-i2psam`). Nothing else ever does. */
  readonly i2p?: Dialer
  /** Whether CJDNS addresses can be dialled (`-cjdnsreachable`), or what dials them. Default: false. */
  readonly cjdns?: boolean | Dialer
  /** Whether Yggdrasil addresses can be dialled, or what dials them. Default: false. */
  readonly yggdrasil?: boolean | Dialer
  /**
   * The only networks that a node picks addresses of by itself (`-onlynet`). What a user asks for by hand is
   * dialled anyway, as with Core; to make a network impossible, give the router no dialer for it. Without
   * IPv4 and IPv6 among them no name is resolved on this machine either: who asks for it would tell the
   * resolver what those networks are to hide.
   */
  readonly onlyNet?: readonly NetworkName[]
  /**
   * Dials names. Default: `proxy`, or with one for each network that of IPv4, else of IPv6; `direct`, which
   * resolves them, only where there is no proxy at all, and `onlyNet` has IPv4 or IPv6; else what dials onion
   * services.
   */
  readonly nameProxy?: Dialer
}

/** A dialer that picks another by the network of the address. */
export interface Router extends Dialer {
  /** Networks that a node may pick addresses of: there is a way to them, and `onlyNet` holds them. */
  readonly reachable: ReadonlySet<AddressNetwork>
  /**
   * Whether names are resolved on this machine. Where they are not, a DNS seed is to be dialled,
   * not resolved.
   */
  readonly resolvesNames: boolean
  /** What `dial` would use; undefined where it would refuse. */
  routeOf(address: PeerAddress): Route | undefined
  /** Whether `dial` would try. */
  canReach(address: PeerAddress): boolean
}

interface Way {
  readonly route: Route
  readonly dialer: Dialer
}

const aDialer = anObjectWith('dialer', ['dial'])
const aBooleanOrDialer = either('true, false or a dialer', aBoolean, aDialer)

const routerOptions = optionsOf<RouterOptions>({
  direct: aDialer,
  proxy: either(
    'a dialer, or one for each network',
    aDialer,
    optionsOf<ProxyByNetwork>({
      ipv4: aDialer,
      ipv6: aDialer,
      onion: aDialer,
      cjdns: aDialer,
      yggdrasil: aDialer,
    }),
  ),
  onion: orJust(false, aDialer),
  i2p: aDialer,
  cjdns: aBooleanOrDialer,
  yggdrasil: aBooleanOrDialer,
  onlyNet: listOf(aText),
  nameProxy: aDialer,
})

/**
 * Creates a router. Its `dial` rejects with a `ProxyError` `network-unreachable`, before anything is sent,
 * where no way leads to the address; else with what the chosen dialer rejects with.
 * @throws ProxyError `invalid-options`, also where `onlyNet` names a network that nothing leads to.
 */
export function createRouter(options: RouterOptions): Router {
  refuseArgument(routerOptions, options, 'createRouter: options')
  const ways = findWays(options)
  const reachable = reachableNetworks(ways, options.onlyNet)
  const loopback: Way | undefined = options.direct && { route: 'direct', dialer: options.direct }
  const wayTo = (address: PeerAddress): Way | undefined =>
    (isOnThisMachine(address) ? loopback : undefined) ?? ways.get(networkOf(address))
  const resolvesNames = ways.get('name')?.route === 'direct'
  return {
    reachable,
    resolvesNames,
    ...(resolvesNames && options.direct?.resolver && { resolver: options.direct.resolver }),
    routeOf: (address) => wayTo(address)?.route,
    canReach: (address) => wayTo(address) !== undefined,
    dial: async (address, dialOptions) => {
      dialOptions.signal.throwIfAborted()
      const way = wayTo(address)
      if (way === undefined) {
        const network = networkOf(address)
        throw new ProxyError('network-unreachable', `No way leads to ${LABELS[network]}`, {
          received: network,
        })
      }
      return await way.dialer.dial(address, dialOptions)
    },
  }
}

/** No proxy is of use for what never leaves the machine, and many refuse it. */
function isOnThisMachine(address: PeerAddress): boolean {
  return address.network !== 'name' && isLocal(address)
}

const LABELS: Readonly<Record<AddressNetwork | 'name', string>> = {
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  torv3: 'an onion service',
  i2p: 'an I2P destination',
  cjdns: 'a CJDNS address',
  yggdrasil: 'a Yggdrasil address',
  name: 'a name',
}

function findWays(options: RouterOptions): ReadonlyMap<AddressNetwork | 'name', Way> {
  const { direct, proxy, onion, i2p, cjdns = false, yggdrasil = false, nameProxy } = options
  const isOneProxy = proxy !== undefined && 'dial' in proxy
  const proxyOf = (network: keyof ProxyByNetwork): Dialer | undefined =>
    isOneProxy ? proxy : proxy?.[network]
  const hasProxy = proxy !== undefined && (isOneProxy || Object.keys(proxy).length > 0)

  const ways = new Map<AddressNetwork | 'name', Way>()
  const add = (network: AddressNetwork | 'name', route: Route, dialer: Dialer | undefined): void => {
    if (dialer !== undefined && !ways.has(network)) ways.set(network, { route, dialer })
  }
  for (const network of ['ipv4', 'ipv6'] as const) {
    add(network, 'proxy', proxyOf(network))
    add(network, 'direct', direct)
  }
  for (const [network, choice] of [
    ['cjdns', cjdns],
    ['yggdrasil', yggdrasil],
  ] as const) {
    if (choice === false) continue
    if (choice !== true) add(network, 'proxy', choice)
    add(network, 'proxy', proxyOf(network))
    add(network, 'direct', direct)
  }
  if (onion !== false) add('torv3', 'proxy', onion ?? proxyOf('onion'))
  add('i2p', 'i2p', i2p)
  add('name', 'proxy', nameProxy ?? proxyOf('ipv4') ?? proxyOf('ipv6'))
  // With a proxy for anything, a name looked up here would tell the resolver what the proxy was to hide.
  if (isHidden(options.onlyNet)) add('name', 'proxy', ways.get('torv3')?.dialer)
  else if (!hasProxy) add('name', 'direct', direct)
  return ways
}

/** Whether only networks are wanted in which nobody learns who talks to whom. */
function isHidden(onlyNet: readonly NetworkName[] | undefined): boolean {
  return onlyNet !== undefined && !onlyNet.some((network) => network === 'ipv4' || network === 'ipv6')
}

function reachableNetworks(
  ways: ReadonlyMap<AddressNetwork | 'name', Way>,
  onlyNet: readonly NetworkName[] | undefined,
): ReadonlySet<AddressNetwork> {
  if (onlyNet === undefined) {
    return new Set([...ways.keys()].filter((network) => network !== 'name'))
  }
  return new Set(
    onlyNet.map((name) => {
      const network = addressNetwork(name)
      if (ways.has(network)) return network
      throw new ProxyError('invalid-options', `onlyNet names ${name}, and no way leads to it`, {
        received: name,
      })
    }),
  )
}
