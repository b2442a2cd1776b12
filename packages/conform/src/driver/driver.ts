/** What a case can ask of a driver. */
export type Ability = 'mine' | 'time' | 'pay'

/**
 * Does with the target what cannot be done over its P2P port. Each of its methods may be left out: cases that
 * need it are skipped then, and counted. It stands outside of the case: what it does not do is no failure of
 * the target.
 */
export interface Driver {
  /** Has the target itself mine blocks on its tip. @returns their hashes, in text form, the oldest first. */
  mine?(count: number): Promise<readonly string[]>
  /**
   * Sets what the target takes for the time of day. It is never set back but at the end.
   * @param seconds since 1970; 0 for the machine's own.
   */
  setTime?(seconds: number): Promise<void>
  /**
   * Has the target itself pay, by a transaction of its own that it hands on. It may mine before, so that it
   * can.
   * @param script the output's. @param satoshi its value. @returns the transaction's id, in text form.
   */
  pay?(script: Uint8Array, satoshi: bigint): Promise<string>
  /** The run is over. */
  close?(): Promise<void>
}

/** What went wrong with a driver. */
export type DriverErrorCode =
  /** It could not be started, loaded, or asked what it can do. */
  | 'unusable'
  /** It answered that it could not do what it was asked. */
  | 'refused'
  /** It ended, or broke off. */
  | 'ended'
  /** It did not answer in time. Nothing more is asked of it. */
  | 'timeout'
  /** Its answer is none: not JSON, not a hash, too long, or unasked. Nothing more is asked of it. */
  | 'bad-answer'

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/conform/DriverError')

/** A driver did not do what it was asked. It says nothing about the target. */
export class DriverError extends Error {
  override readonly name = 'DriverError'
  readonly code: DriverErrorCode

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: DriverErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}

/** Whether a value is a `DriverError`, also one of another copy of this package, as a module may have. */
export function isDriverError(error: unknown): error is DriverError {
  return typeof error === 'object' && error !== null && BRAND in error
}
