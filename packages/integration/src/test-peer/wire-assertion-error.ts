import { AssertionError } from 'node:assert'

/** The facts of a {@link WireAssertionError}. */
export interface WireFailure {
  readonly expected: string
  readonly received: string
  /** The end of the wire's log, as text. */
  readonly wireLog: string
  readonly seed: string
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/integration/WireAssertionError')

/**
 * What a {@link TestPeer} expected did not come about. An `AssertionError` of Node.js, which every test
 * runner shows as a failed assertion, with the log of the wire in its message.
 */
export class WireAssertionError extends AssertionError {
  readonly received: string
  /** The end of the wire's log, as text. */
  readonly wireLog: string
  /** Given to `TestPeer` again it makes the same keys, garbage and nonces. */
  readonly seed: string

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor({ expected, received, wireLog, seed }: WireFailure) {
    const message = `expected ${expected}\nreceived ${received}\nwire log (seed ${seed}):\n${wireLog}`
    super({ message, expected, actual: received, operator: 'wire' })
    this.received = received
    this.wireLog = wireLog
    this.seed = seed
  }
}

/** Whether a value is a `WireAssertionError`, also one of another copy of this package. */
export function isWireAssertionError(error: unknown): error is WireAssertionError {
  return typeof error === 'object' && error !== null && BRAND in error
}
