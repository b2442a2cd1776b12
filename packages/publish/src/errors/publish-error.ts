/**
 * What went wrong in publishing.
 *
 * - `unavailable`: the sink does not answer, or not in time; `cause` says how.
 * - `conflict`: what was to be appended does not follow what is last: `expected` is the sequence that would.
 * - `superseded`: another publisher writes to the sink; this one has ended.
 * - `position-lost`: the sink's last message is gone, and with it how far publishing had come.
 * - `foreign-message`: the sink holds what no publisher wrote: `sequence`.
 * - `gap`: messages after `expected` are gone; `sequence` is the first that is there.
 * - `another-log`: what is read has been made anew since the consumer read of it: `sequence` counts anew.
 * - `payload-limit`: the sink takes `limit` bytes in a message: too few.
 * - `invalid-argument`: what was asked for cannot be.
 * - `missing-package`: an optional package is not installed; the message says which.
 */
export type PublishErrorCode =
  | 'unavailable'
  | 'conflict'
  | 'superseded'
  | 'position-lost'
  | 'foreign-message'
  | 'gap'
  | 'another-log'
  | 'payload-limit'
  | 'invalid-argument'
  | 'missing-package'

/** What is known about a failure. A fact that does not apply is absent. */
export interface PublishErrorFacts {
  readonly sequence?: number
  readonly expected?: number
  readonly limit?: number
  readonly cause?: unknown
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/publish/PublishError')

/** The only error class of this package; what went wrong is in `code`, the facts in fields. */
export class PublishError extends Error {
  override readonly name = 'PublishError'
  readonly code: PublishErrorCode
  declare readonly sequence?: number
  declare readonly expected?: number
  declare readonly limit?: number

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: PublishErrorCode, message: string, facts: PublishErrorFacts = {}) {
    const { cause, ...fields } = facts
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, fields)
  }
}

/** Whether a value is a `PublishError`, also one of another copy of this package. */
export function isPublishError(error: unknown): error is PublishError {
  return typeof error === 'object' && error !== null && BRAND in error
}
