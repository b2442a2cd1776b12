import type { ConnectAttempt, TransportProtocol } from '../errors/transport-error.ts'

/** Service bit of a node that accepts v2 connections (BIP324 NODE_P2P_V2, 1 << 11). */
export const SERVICE_P2P_V2: bigint = 1n << 11n

/**
 * Bytes that must have been sent before silence means anything: a v1 header's worth (Core,
 * `ShouldReconnectV1`).
 */
const MIN_BYTES_SENT_FOR_FALLBACK = 24

/**
 * What is known of an address before it is dialled. What was spoken to it before is not among it: anybody on
 * the path can make a v2 handshake fail once, and would read all later connections.
 */
export interface FallbackContext {
  /** Services that the address is said to have; absent when nothing is known (an address given by hand). */
  readonly services?: bigint | undefined
}

/** Decides which protocol an address is spoken to in. Stateless: one object serves all connections. */
export interface FallbackPolicy {
  /** Protocol of the first attempt. */
  first(context: FallbackContext): TransportProtocol
  /**
   * Protocol of another attempt, on a new stream, after the last one failed; `undefined` to give up. Not
   * asked after the caller's own abort or the deadline of the whole.
   */
  next(attempts: readonly ConnectAttempt[], context: FallbackContext): TransportProtocol | undefined
}

/** v2 and nothing else. */
export const neverFallback: FallbackPolicy = {
  first: () => 'v2',
  next: () => undefined,
}

/** v1 and nothing else: what a node does whose v2 transport is switched off. */
export const onlyV1: FallbackPolicy = {
  first: () => 'v1',
  next: () => undefined,
}

/**
 * Bitcoin Core's rule: v1 for an address whose services are known and lack NODE_P2P_V2, else v2; then v1 if
 * the remote did not send a single byte although it was sent at least a v1 header's worth.
 */
export const coreFallback: FallbackPolicy = {
  first: firstByServices,
  next: (attempts) => (lastWasSilentV2(attempts) ? 'v1' : undefined),
}

/**
 * Core's rule, and also v1 when the remote spoke v1 first (bcoin does; Core and Floresta hang on it) or was
 * not done with the v2 handshake at the attempt's deadline.
 */
export const eagerFallback: FallbackPolicy = {
  first: firstByServices,
  next: (attempts) => {
    const last = attempts.at(-1)
    if (last?.protocol !== 'v2') return undefined
    const spokeV1 = last.error?.code === 'v1-peer'
    const timedOut = last.error?.code === 'timeout' && last.phase !== 'dial'
    return spokeV1 || timedOut || lastWasSilentV2(attempts) ? 'v1' : undefined
  },
}

function firstByServices({ services }: FallbackContext): TransportProtocol {
  return services === undefined || (services & SERVICE_P2P_V2) !== 0n ? 'v2' : 'v1'
}

function lastWasSilentV2(attempts: readonly ConnectAttempt[]): boolean {
  const last = attempts.at(-1)
  return (
    last?.protocol === 'v2' &&
    last.phase === 'key' &&
    last.bytesReceived === 0 &&
    last.bytesSent >= MIN_BYTES_SENT_FOR_FALLBACK
  )
}
