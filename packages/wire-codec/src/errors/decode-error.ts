/** What was wrong with the bytes. The README's table says where each comes from. */
export type DecodeErrorCode =
  /** The bytes end before the value does. */
  | 'truncated'
  /** A CompactSize written in more bytes than it needs. */
  | 'non-minimal-size'
  /** A CompactSize above `MAX_COMPACT_SIZE`. */
  | 'size-too-large'
  /** A list longer than its limit. */
  | 'too-many'
  /** A byte string longer than its limit. */
  | 'too-long'
  /** A byte string shorter than its least length. */
  | 'too-short'
  /** A number that the field does not allow. */
  | 'out-of-range'
  /** Bytes after the end of a message that allows none. */
  | 'trailing-bytes'
  /** A transaction marked as having a witness, with an empty one for each input (BIP144). */
  | 'superfluous-witness'
  /** A transaction with a flag byte other than 1 (BIP144). */
  | 'unknown-witness-flag'
  /** A transaction without inputs. */
  | 'empty-transaction'
  /** An address whose length does not fit its network (BIP155). */
  | 'invalid-address'
  /** A command that is not 1 to 12 printable characters and then zeros. */
  | 'invalid-command'
  /** A one-byte message id that this connection gives no meaning (BIP324). */
  | 'unknown-short-id'
  /** BIP324 contents without even a message id. */
  | 'empty-contents'
  /** A payload larger than any message of this command can be. */
  | 'payload-too-large'

/**
 * What Bitcoin Core does with a peer that sends such bytes:
 * `drop` ignores the message and keeps the peer, `disconnect` ends the connection, `discourage` also
 * remembers the address.
 */
export type DecodeSeverity = 'drop' | 'disconnect' | 'discourage'

/** The facts of a {@link DecodeError}. */
export interface DecodeErrorFacts {
  /** Where in the payload (in bytes from its start) the value that was refused begins. */
  readonly offset: number
  /** The message that was being decoded, where it is known. */
  readonly command?: string | undefined
  /** The limit that was passed, or the number of bytes that were there. */
  readonly limit?: number | bigint | undefined
  /** The value that was refused, or the number of bytes that were needed. */
  readonly value?: number | bigint | undefined
  /** Default: `drop`. */
  readonly severity?: DecodeSeverity | undefined
  /** What was thrown below. */
  readonly cause?: unknown
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/wire-codec/DecodeError')

/** The only error that a decoder of this package throws, whatever bytes it is given. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  /** What went wrong. */
  readonly code: DecodeErrorCode
  /** The message that was being decoded; absent when a primitive was decoded by itself. */
  readonly command: string | undefined
  /** Bytes from the start of the payload to the value that was refused. */
  readonly offset: number
  /** What was allowed. */
  readonly limit: number | bigint | undefined
  readonly value: number | bigint | undefined
  readonly severity: DecodeSeverity

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: DecodeErrorCode, facts: DecodeErrorFacts) {
    super(describe(code, facts), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.command = facts.command
    this.offset = facts.offset
    this.limit = facts.limit
    this.value = facts.value
    this.severity = facts.severity ?? 'drop'
  }
}

function describe(code: DecodeErrorCode, { command, offset, value, limit }: DecodeErrorFacts): string {
  const where = command === undefined ? '' : `${command}: `
  const numbers =
    value === undefined ? '' : `: ${String(value)}${limit === undefined ? '' : ` (limit ${String(limit)})`}`
  return `${where}${code} at offset ${offset}${numbers}`
}

/**
 * Whether a value is a `DecodeError`, also one of another copy of this package.
 * @example
 * try {
 *   decodePayload('ping', Uint8Array.of(1))
 * } catch (error) {
 *   isDecodeError(error) && error.code // 'truncated'
 * }
 */
export function isDecodeError(error: unknown): error is DecodeError {
  return typeof error === 'object' && error !== null && BRAND in error
}
