import type { Clock, Instant } from './clock.ts'

/** Longest delay that the runtimes' own timers take (2^31 - 1 ms, 24.8 days); they fire at once beyond it. */
const MAX_RUNTIME_DELAY = 0x7fffffff

let latest = 0

/**
 * The machine's clock. It never runs backwards (the wall clock may; the latest reading is repeated then), and its
 * timers do not keep a Node.js process alive.
 */
export const systemClock: Clock = {
  now: () => {
    latest = Math.max(latest, Date.now())
    return latest as Instant
  },
  setTimer: (milliseconds, callback) => {
    let timer: ReturnType<typeof globalThis.setTimeout>
    const wait = (remaining: number): void => {
      const step = Math.min(Math.max(remaining, 0), MAX_RUNTIME_DELAY)
      timer = globalThis.setTimeout(() => (remaining > step ? wait(remaining - step) : callback()), step)
      release(timer)
    }
    wait(milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Node.js timers keep the process alive unless released; those of a browser are plain numbers. */
function release(timer: number | { unref?: () => unknown }): void {
  if (typeof timer === 'object') timer.unref?.()
}
