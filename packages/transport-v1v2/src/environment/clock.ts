/**
 * A point in time on the clock of a process, in milliseconds: it runs evenly whatever is done to the
 * machine's time of day, and where it begins means nothing. Only the distance of two of them does. A duration
 * is a plain `number` of milliseconds.
 */
export type Instant = number & { readonly __instant: true }

/**
 * The time of day: whole milliseconds since 1970 as the machine believes. It may be set, in both directions,
 * at any moment.
 */
export type WallTime = number & { readonly __wallTime: true }

/** Stops a timer; calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void

/** How a timer counts. */
export interface TimerOptions {
  /**
   * Nobody waits for it: where nothing else is left to do, the process may end before it fires. Default:
   * false, a process that has somebody waiting goes on at least until the wait is over.
   */
  readonly idle?: boolean
}

/** Where time comes from. Everything that waits or measures takes one, so that a test can drive it. */
export interface Clock {
  /**
   * For intervals, deadlines and whatever is compared with them. Never runs backwards, and jumps in no
   * direction.
   */
  now(): Instant
  /**
   * For what is told to others or kept for a later process, and for what they tell us: a block's time, a
   * ban's end.
   * @param at an instant whose time of day is wanted, by the clock as it is set at this moment. Default: now.
   */
  wallTime(at?: Instant): WallTime
  /**
   * Calls `callback` once after `milliseconds`. Where the process itself stood still past that moment, what
   * lies unread in its sockets is looked at first, so that an answer that came in time counts.
   */
  setTimer(milliseconds: number, callback: () => void, options?: TimerOptions): CancelTimer
  /** The clock that this one was made of, where it was. See `runningClock`. */
  readonly origin?: Clock
}
