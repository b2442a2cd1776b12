import type { Network, PeerAddress } from '@sapwood/wire-codec'
import type { Dialer } from '../stream/dialer.ts'
import type { ConnectAttempt, TransportProtocol } from './attempt.ts'
import type { TransportComponents } from './components.ts'
import type { FallbackPolicy } from './fallback.ts'
import type { Transport } from './transport.ts'
import type { TransportOptions } from './transport-options.ts'

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
  /** The protocol that worked with this address before. */
  readonly learned?: TransportProtocol
  /** Passed to the dialer with every attempt: connections with another key share no Tor circuit. */
  readonly isolation?: string
}

/** Durations in milliseconds. */
export interface ConnectTimeouts {
  /** One attempt, from the dial to the end of the v2 handshake. Default: 30,000. */
  readonly attempt?: number
  /** All attempts together. Default: 60,000 (Core's `-peertimeout`). */
  readonly total?: number
}

/** A `Transport` that this side opened. */
export interface Connection extends Transport {
  /** Every attempt that was made, the last being the one that succeeded. */
  readonly attempts: readonly ConnectAttempt[]
}

/**
 * Dials a peer and agrees on a transport with it: v2 (BIP324) where the policy says so, v1 where it says so or falls
 * back to it.
 * @throws TransportError with the code of the last attempt's failure, and all `attempts`.
 */
export async function connect(
  address: PeerAddress,
  options: ConnectOptions,
  components: TransportComponents = {},
): Promise<Connection> {
  throw new Error(`not yet: ${address.network} ${options.network.name} ${Object.keys(components).length}`)
}
