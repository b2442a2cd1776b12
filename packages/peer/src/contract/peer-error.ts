import type { DisconnectReason } from './disconnect-reason.ts'

/**
 * - `disconnected`: the connection ended before the answer; `reason` says why.
 * - `timeout`: no answer in time.
 * - `not-found`: the remote said that it does not have what was asked; `missing` lists it.
 * - `malformed-reply`: what was asked for came, and does not decode; `cause` is the `DecodeError`.
 * - `reply-too-large`: more bytes of the reply wait to be read than are kept (`limit`): read it as it comes,
 *   or ask for less.
 * - `request-queue-full`: more requests wait for this peer than its queue holds.
 * - `invalid-argument`: the caller asked for something the protocol cannot carry.
 * - `channel-closed`: a value was sent into a closed channel.
 * - `malformed-capture`: a capture file does not follow the format.
 */
export type PeerErrorCode =
  | 'disconnected'
  | 'timeout'
  | 'not-found'
  | 'malformed-reply'
  | 'reply-too-large'
  | 'request-queue-full'
  | 'invalid-argument'
  | 'channel-closed'
  | 'malformed-capture'

/** What is known about a failure. A fact that does not apply is absent. */
export interface PeerErrorFacts {
  /** What was asked for. */
  readonly request?: string
  /** Milliseconds that were waited. */
  readonly timeout?: number
  /** Hashes, in wire order, that did not come. */
  readonly missing?: readonly Uint8Array[]
  /** Why the connection ended. */
  readonly reason?: DisconnectReason
  /** What was allowed. */
  readonly limit?: number
  /** Byte offset in a capture file. */
  readonly offset?: number
  /** What was thrown below. */
  readonly cause?: unknown
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/peer/PeerError')

/** The one error class of this package. Tell the cases apart by `code`. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
  /** What went wrong. */
  readonly code: PeerErrorCode
  /** What was asked for. */
  declare readonly request?: string
  /** Milliseconds that were waited. */
  declare readonly timeout?: number
  /** Hashes, in wire order, that did not come. */
  declare readonly missing?: readonly Uint8Array[]
  /** Why the connection ended. */
  declare readonly reason?: DisconnectReason
  /** What was allowed. */
  declare readonly limit?: number
  /** Where, in bytes from the beginning. */
  declare readonly offset?: number

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: PeerErrorCode, message: string, facts: PeerErrorFacts = {}) {
    const { cause, ...fields } = facts
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, fields)
  }
}

/**
 * Whether a value is a `PeerError`, also one of another copy of this package.
 * @example
 * isPeerError(new Error('another')) // false
 */
export function isPeerError(error: unknown): error is PeerError {
  return typeof error === 'object' && error !== null && BRAND in error
}
