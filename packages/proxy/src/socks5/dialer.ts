import {
  type Clock,
  deadlineSignal,
  type Random,
  type Resolver,
  systemClock,
  systemRandom,
} from '@sapwood/transport-v1v2/environment'
import { aBoolean, aText, needed, oneOf, optionsOf } from '@sapwood/wire-codec/arguments'
import { ProxyError } from '../errors/proxy-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { ProxyDialer } from '../router/route.ts'
import { connectToProxy } from '../socket/connect-to-proxy.ts'
import { aProxyAddress, checkProxyAddress, type ProxyAddress } from '../socket/proxy-address.ts'
import { someProxyComponents, timeoutsLike } from '../socket/proxy-checks.ts'
import {
  checkCredentials,
  createCredentialSource,
  type Socks5Credentials,
  SOCKS5_ISOLATIONS,
  type Socks5Isolation,
} from './credentials.ts'
import { socksTarget } from './target.ts'
import { DEFAULT_SOCKS5_TIMEOUTS, type Socks5Timeouts } from './timeouts.ts'

/** Which proxy `createSocks5Dialer` goes through, and how. */
export interface Socks5DialerOptions {
  /** Where the proxy listens. */
  readonly proxy: ProxyAddress
  /**
   * Whether the proxy is Tor: connections are then kept apart (`isolation`) unless told otherwise, since Tor
   * turns credentials into circuits. Default: false.
   */
  readonly tor?: boolean
  /** Username and password that the proxy wants. Not together with `isolation`, which makes its own. */
  readonly auth?: Socks5Credentials
  /** Default: `per-connection` when `tor` is set and `auth` is not, else `shared`. */
  readonly isolation?: Socks5Isolation
  /**
   * How an IP address is written in the request: as text in the place of a name (the default, and what Core
   * does), or in binary form, for a proxy that takes names only for DNS. Names are never resolved on our side
   * either way.
   */
  readonly ipAs?: 'name' | 'binary'
  readonly timeouts?: Partial<Socks5Timeouts>
}

/** What a dialer works with. */
export interface ProxyComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /**
   * Only for the proxy's own name. Without one the proxy has to be given by IP address, `localhost` or path.
   */
  readonly resolver?: Resolver
}

const socks5DialerOptions = optionsOf<Socks5DialerOptions>(
  {
    proxy: needed(aProxyAddress),
    tor: aBoolean,
    auth: optionsOf<Socks5Credentials>({ username: needed(aText), password: needed(aText) }),
    isolation: oneOf(...SOCKS5_ISOLATIONS),
    ipAs: oneOf('name', 'binary'),
    timeouts: timeoutsLike(DEFAULT_SOCKS5_TIMEOUTS),
  },
  {
    hints: {
      host: 'goes into `proxy`: { proxy: { host, port } }',
      port: 'goes into `proxy`: { proxy: { host, port } }',
    },
  },
)

/**
 * A dialer that reaches peers through a SOCKS5 proxy (RFC 1928, RFC 1929): IPv4, IPv6, CJDNS, names, and what
 * else the proxy can reach by its name (`.onion` through Tor). The target goes to the proxy as text; nothing
 * is resolved here.
 *
 * Its `dial` rejects with a `ProxyError`, or with the signal's reason.
 * @throws ProxyError `invalid-options`
 * @example
 * const dialer = createSocks5Dialer({ proxy: { host: '127.0.0.1', port: 9050 }, tor: true })
 */
export function createSocks5Dialer(
  options: Socks5DialerOptions,
  components: ProxyComponents = {},
): ProxyDialer {
  refuseArgument(socks5DialerOptions, options, 'createSocks5Dialer: options')
  refuseArgument(someProxyComponents, components, 'createSocks5Dialer: components')
  const { proxy, tor = false, auth, ipAs = 'name' } = options
  const { clock = systemClock, random = systemRandom, resolver } = components
  const timeouts: Socks5Timeouts = { ...DEFAULT_SOCKS5_TIMEOUTS, ...options.timeouts }
  const isolation = options.isolation ?? (tor && auth === undefined ? 'per-connection' : 'shared')
  checkProxyAddress(proxy, resolver !== undefined)
  if (auth !== undefined) {
    checkCredentials(auth)
    if (isolation !== 'shared') {
      throw new ProxyError(
        'invalid-options',
        `Isolation ${isolation} makes credentials of its own: leave auth out`,
      )
    }
  }
  const credentialsFor = createCredentialSource(isolation, auth, random)

  return {
    resolvesNames: false,
    routeOf: () => 'proxy',
    dial: async (address, { signal, isolation: key }) => {
      signal.throwIfAborted()
      const target = socksTarget(address)
      const credentials = credentialsFor(target, key)
      const total = deadlineSignal(clock, timeouts.total, {
        signal,
        reason: () => timeoutError('total', timeouts.total),
      })
      const connecting = deadlineSignal(clock, timeouts.connect, {
        signal: total.signal,
        reason: () => timeoutError('connect', timeouts.connect),
      })
      try {
        // Loaded when it is first needed: `socks` takes as long as the rest of this package and those below.
        const { negotiate } = await import('./negotiate.ts')
        const socket = await connectToProxy(proxy, resolver, { clock, signal: connecting.signal })
        connecting.cancel()
        if (total.signal.aborted) socket.destroy()
        total.signal.throwIfAborted()
        return await negotiate(socket, { target, credentials, ipAs, timeouts, clock, signal: total.signal })
      } finally {
        connecting.cancel()
        total.cancel()
      }
    },
  }
}

function timeoutError(step: 'connect' | 'total', limit: number): ProxyError {
  const message =
    step === 'connect'
      ? `The proxy took no connection within ${limit} ms`
      : `Not connected within ${limit} ms`
  return new ProxyError('timeout', message, { step, limit })
}
