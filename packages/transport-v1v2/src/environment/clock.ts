/** A point in time, milliseconds since 1970. A duration is a plain `number` of milliseconds. */
export type Instant = number & { readonly __brand: 'instant' }

/** Stops a timer; calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void

/** Where time comes from. Everything that waits or measures takes one, so that a test can drive it. */
export interface Clock {
  /** Milliseconds since 1970, never running backwards within a process. */
  now(): Instant
  /** Calls `callback` once after `milliseconds`. A default clock does not keep the process alive for it. */
  setTimer(milliseconds: number, callback: () => void): CancelTimer
}
