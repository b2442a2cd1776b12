import type { Clock, Instant } from './clock.ts'
import { SECOND } from './durations.ts'

/**
 * Milliseconds between two looks at the time beyond which the process is taken not to have run in between.
 * Whoever uses such a clock looks at it far more often while it runs.
 */
const MAX_GAP = 5_000
/**
 * What such a time counts for all the same. With nothing of it, a deadline would never pass in a page whose
 * timers are held back for longer than it is.
 */
const COUNTED = SECOND

/**
 * A clock that stands still while the process does: one that was stopped (SIGSTOP, a debugger), or a machine
 * that slept on a system whose monotonic clock goes on meanwhile. What others owed us in that time lies
 * unread in our sockets, and is not held against them. It knows by its being looked at, every few seconds at
 * least, as by a node's own ticks; a longer time counts for one second. Timers and the time of day are the
 * origin's.
 */
export function runningClock(origin: Clock): Clock {
  let last = origin.now()
  /** Milliseconds in which we did not run, so far. */
  let stopped = 0
  return {
    origin,
    now: () => {
      const at = origin.now()
      if (at - last > MAX_GAP) stopped += at - last - COUNTED
      last = at
      return (at - stopped) as Instant
    },
    wallTime: (at) => origin.wallTime(at === undefined ? undefined : ((at + stopped) as Instant)),
    setTimer: (milliseconds, callback, options) => origin.setTimer(milliseconds, callback, options),
  }
}
