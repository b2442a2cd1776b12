import {
  type Clock,
  type Logger,
  type Random,
  type Resolver,
  systemClock,
} from '@sapwood/transport-v1v2/environment'
import { aText, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { aProxyAddress, checkProxyAddress, type ProxyAddress } from '../socket/proxy-address.ts'
import { someProxyComponents, timeoutsLike } from '../socket/proxy-checks.ts'
import { DEFAULT_SAM_TIMEOUTS, type SamEnvironment, type SamTimeouts } from './sam-connection.ts'

/** Where the SAM bridge of an I2P router is. */
export interface SamOptions {
  /** Where the SAM bridge of the I2P router listens. Default: 127.0.0.1, port 7656. */
  readonly sam?: ProxyAddress
  readonly timeouts?: Partial<SamTimeouts>
}

/** What a SAM session or dialer works with. */
export interface SamComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /** Default: `silentLogger`. */
  readonly logger?: Logger
  /** Only for the bridge's own name. */
  readonly resolver?: Resolver
}

/** Where the SAM bridge listens unless told otherwise. */
export const DEFAULT_SAM: ProxyAddress = { host: '127.0.0.1', port: 7656 }

/** Tunnels in each direction, and hops of each, that an I2P router makes for one session. */
const MAX_TUNNELS = 16
const MAX_HOPS = 7

const samOptions = optionsOf<SamOptions & { privateKey: unknown; tunnels: unknown; hops: unknown }>(
  {
    sam: aProxyAddress,
    timeouts: timeoutsLike(DEFAULT_SAM_TIMEOUTS),
    privateKey: aText,
    tunnels: wholeNumber(1, MAX_TUNNELS),
    hops: wholeNumber(0, MAX_HOPS),
  },
  {
    hints: {
      host: 'goes into `sam`: { sam: { host, port } }',
      port: 'goes into `sam`: { sam: { host, port } }',
    },
  },
)

/** The options with their defaults. @throws ProxyError `invalid-options` */
export function samEnvironment(options: SamOptions, components: SamComponents): SamEnvironment {
  refuseArgument(samOptions, options, 'SAM: options')
  refuseArgument(someProxyComponents, components, 'SAM: components')
  const sam = options.sam ?? DEFAULT_SAM
  checkProxyAddress(sam, components.resolver !== undefined)
  return {
    sam,
    timeouts: { ...DEFAULT_SAM_TIMEOUTS, ...options.timeouts },
    clock: components.clock ?? systemClock,
    resolver: components.resolver,
  }
}
