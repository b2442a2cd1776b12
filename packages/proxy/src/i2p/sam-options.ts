import {
  type Clock,
  type Logger,
  type Random,
  type Resolver,
  systemClock,
} from '@sapwood/transport-v1v2/environment'
import { checkProxyAddress, type ProxyAddress } from '../socket/proxy-address.ts'
import { DEFAULT_SAM_TIMEOUTS, type SamEnvironment, type SamTimeouts } from './sam-connection.ts'

export interface SamOptions {
  /** Where the SAM bridge of the I2P router listens. Default: 127.0.0.1, port 7656. */
  readonly sam?: ProxyAddress
  readonly timeouts?: Partial<SamTimeouts>
}

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

/** The options with their defaults. @throws ProxyError `invalid-options` */
export function samEnvironment(options: SamOptions, components: SamComponents): SamEnvironment {
  const sam = options.sam ?? DEFAULT_SAM
  checkProxyAddress(sam, components.resolver !== undefined)
  return {
    sam,
    timeouts: { ...DEFAULT_SAM_TIMEOUTS, ...options.timeouts },
    clock: components.clock ?? systemClock,
    resolver: components.resolver,
  }
}
