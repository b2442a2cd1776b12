import { type Clock, type Instant, systemClock } from '@sapwood/transport-v1v2'

/** The machine's clock, a step ahead or behind; it counts what is waiting on it. */
export class SteppedClock {
  /** Milliseconds that it is ahead. */
  offset = 0
  readonly clock: Clock = {
    ...systemClock,
    now: () => (systemClock.now() + this.offset) as Instant,
    setTimer: (...[milliseconds, callback, ...options]: Parameters<Clock['setTimer']>) => {
      let isPending = true
      const settle = (): void => {
        if (isPending) this.#pending--
        isPending = false
      }
      this.#pending++
      const fire = (): void => {
        settle()
        callback()
      }
      const cancel = systemClock.setTimer(milliseconds, fire, ...options)
      return () => {
        settle()
        cancel()
      }
    },
  }
  #pending = 0

  /** Timers that are neither cancelled nor over. */
  get pending(): number {
    return this.#pending
  }
}
