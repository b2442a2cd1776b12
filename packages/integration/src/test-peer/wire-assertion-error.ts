import { AssertionError } from 'node:assert'

/** The facts of a {@link WireAssertionError}. */
export interface WireFailure {
  readonly expected: string
  readonly received: string
  /** The end of the wire's log, as text. */
  readonly wireLog: string
  readonly seed: string
}

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

  constructor({ expected, received, wireLog, seed }: WireFailure) {
    const message = `expected ${expected}\nreceived ${received}\nwire log (seed ${seed}):\n${wireLog}`
    super({ message, expected, actual: received, operator: 'wire' })
    this.received = received
    this.wireLog = wireLog
    this.seed = seed
  }
}
