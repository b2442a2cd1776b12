import type { Network } from '@sapwood/wire-codec'
import type { Dialer } from '../stream/dialer.ts'
import type { FallbackPolicy } from './fallback.ts'
import type { TransportOptions } from './transport-options.ts'

/** How an address is reached and spoken to. */
export interface ConnectOptions extends TransportOptions {
  /** How the address is reached; every attempt, also one in v1, goes through it. */
  readonly dialer: Dialer
  readonly network: Network
  /** Default: `coreFallback`. */
  readonly fallback?: FallbackPolicy
  /** Ends it; `connect` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  readonly timeouts?: ConnectTimeouts
  /** Services that the address is said to have; leave it out for an address given by hand. */
  readonly services?: bigint
  /**
   * Passed to the dialer with every attempt: connections with another key share no Tor circuit. Default: a
   * random one, so that no two connections share one, and a redial stays on the circuit of its first attempt.
   */
  readonly isolation?: string
}

/** Durations in milliseconds. */
export interface ConnectTimeouts {
  /** One attempt, from the dial to the end of the v2 handshake. Default: 30,000. */
  readonly attempt?: number
  /** All attempts together. Default: 60,000. */
  readonly total?: number
}
