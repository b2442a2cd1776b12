import type { Clock, Instant, WallTime } from './clock.ts'

/** Longest delay that the runtimes' own timers take (2^31 - 1 ms, 24.8 days); they fire at once beyond it. */
const MAX_RUNTIME_DELAY = 0x7fffffff

/**
 * A timer later than this had a loop that stood still: runtimes are some tenths of a millisecond late, rarely
 * more than one.
 */
const STALL = 3

/**
 * Milliseconds that sockets get before a late timer is carried out: as many as it is late, within these
 * bounds. One turn of the loop reads 64 kB of each socket, and what is read may be handed on by a few turns
 * more.
 */
const MIN_GRACE = 25
const MAX_GRACE = 1_000

/**
 * `performance.now()`, begun at the time of day of the process's start, so that the two look alike where it
 * does no harm.
 */
const origin = performance.timeOrigin

/** The machine's clocks: a monotonic one for instants and timers, and the time of day. */
export const systemClock: Clock = {
  now: () => (origin + performance.now()) as Instant,
  wallTime: (at) => {
    const since = at === undefined ? 0 : origin + performance.now() - at
    return Math.round(Date.now() - since) as WallTime
  },
  setTimer: (milliseconds, callback, options) => {
    const due = performance.now() + Math.max(milliseconds, 0)
    let timer: ReturnType<typeof globalThis.setTimeout>
    const wait = (delay: number, then: () => void): void => {
      timer = globalThis.setTimeout(then, delay)
      if (options?.idle === true) release(timer)
    }
    const fire = (): void => {
      const late = performance.now() - due
      if (late < -1) waitUntilDue()
      else if (late <= STALL) callback()
      else wait(Math.min(Math.max(late, MIN_GRACE), MAX_GRACE), callback)
    }
    const waitUntilDue = (): void =>
      wait(Math.min(Math.max(due - performance.now(), 0), MAX_RUNTIME_DELAY), fire)
    waitUntilDue()
    return () => clearTimeout(timer)
  },
}

/** Node.js timers keep the process alive unless released; those of a browser are plain numbers. */
function release(timer: number | { unref?: () => unknown }): void {
  if (typeof timer === 'object') timer.unref?.()
}
