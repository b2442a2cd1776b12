/**
 * Why a transport failed.
 *
 * - `dial-failed`: the dialer gave no stream; `cause` is its error.
 * - `timeout`: a deadline passed; `phase` says what was being waited for, `limit` how long (milliseconds).
 * - `unexpected-end`: the remote ended the stream in the middle of a handshake or a message.
 * - `stream-failed`: the stream broke; `cause` is its error.
 * - `v1-peer`: the remote spoke v1 where v2 was expected.
 * - `v2-refused`: the remote spoke v2 where only v1 is accepted.
 * - `wrong-network`: the remote speaks for another network, in v1 or in v2; `received` is its magic in hex.
 * - `wrong-magic`: a v1 message began with other bytes than the network's; `received` is what came, in hex.
 * - `garbage-unterminated`: 4,111 bytes came without the garbage terminator (BIP324).
 * - `authentication-failed`: a packet was not encrypted by the remote's key for its place in the stream
 *   (BIP324).
 * - `message-too-large`: a length beyond `limit`; `received` is the length.
 * - `invalid-argument`: the program gave what cannot be; the message says what, with a hint.
 * - `invalid-command`: a message to be sent has a command that no frame can carry.
 * - `refused-address`: the dialer has no way to reach this kind of address.
 * - `resolve-failed`: the resolver gave no address for a name.
 * - `too-slow`: the remote took none of the bytes queued for it within `limit` milliseconds.
 * - `flood`: the remote sent more decoys, or messages that are dropped, than a connection may have; `limit`
 *   at once.
 * - `unread-overflow`: a source that cannot be paused sent more than `limit` bytes that nobody read.
 * - `crypto-not-loaded`: in a page, what enciphers is not here: its file did not come (`cause`), or
 *   `loadCrypto` has not been waited for.
 * - `closed`: the connection has ended, or was closed by this side.
 * - `aborted`: this side ended it; `cause` is the reason that was given.
 */
export type TransportErrorCode =
  | 'dial-failed'
  | 'timeout'
  | 'unexpected-end'
  | 'stream-failed'
  | 'v1-peer'
  | 'v2-refused'
  | 'wrong-network'
  | 'wrong-magic'
  | 'garbage-unterminated'
  | 'authentication-failed'
  | 'message-too-large'
  | 'invalid-argument'
  | 'invalid-command'
  | 'refused-address'
  | 'resolve-failed'
  | 'too-slow'
  | 'flood'
  | 'unread-overflow'
  | 'crypto-not-loaded'
  | 'closed'
  | 'aborted'

/** Where a connection was when it ended: before it had a stream, in a phase of the v2 handshake, or open. */
export type TransportPhase = 'dial' | 'detect' | 'key' | 'garbage' | 'version' | 'application'

/** The two framings of Bitcoin's peer-to-peer protocol. */
export type TransportProtocol = 'v1' | 'v2'

/** One try of `connect`: what was spoken, how far it came and why it ended. */
export interface ConnectAttempt {
  readonly protocol: TransportProtocol
  /** How far it came: `dial` when there never was a stream, `application` when it succeeded. */
  readonly phase: TransportPhase
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Duration in milliseconds, from the dial to the end of the handshake or the failure. */
  readonly milliseconds: number
  /** Why it ended; absent on the attempt that succeeded. */
  readonly error?: TransportError
}

/** What is known about a failure. A fact that does not apply is absent from the error. */
export interface TransportErrorFacts {
  readonly phase?: TransportPhase | undefined
  /** What had to come, or be given. */
  readonly expected?: string | number | undefined
  /** What came, or was given. */
  readonly received?: string | number | undefined
  /** What was allowed. */
  readonly limit?: number | undefined
  /** Every attempt that `connect` made; set on what it rejects with. */
  readonly attempts?: readonly ConnectAttempt[] | undefined
  /** What was thrown below. */
  readonly cause?: unknown
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/transport-v1v2/TransportError')

/** The only error class of this package; what went wrong is in `code`, the facts in fields. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  /** What went wrong. */
  readonly code: TransportErrorCode
  declare readonly phase?: TransportPhase
  /** What had to come, or be given. */
  declare readonly expected?: string | number
  /** What came, or was given. */
  declare readonly received?: string | number
  /** What was allowed. */
  declare readonly limit?: number
  declare readonly attempts?: readonly ConnectAttempt[]

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: TransportErrorCode, message: string, facts: TransportErrorFacts = {}) {
    const { cause, ...fields } = facts
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    for (const [name, fact] of Object.entries(fields)) {
      if (fact !== undefined) Object.assign(this, { [name]: fact })
    }
  }
}

/**
 * Whether a value is a `TransportError`, also one of another copy of this package.
 * @example
 * isTransportError(new TransportError('timeout', 'too late')) // true
 */
export function isTransportError(error: unknown): error is TransportError {
  return typeof error === 'object' && error !== null && BRAND in error
}
