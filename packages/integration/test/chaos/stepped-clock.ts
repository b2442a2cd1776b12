import { type Clock, systemClock, type WallTime } from '@sapwood/transport-v1v2/environment'

/** The machine's clock, whose time of day is a step ahead or behind; it counts what is waiting on it. */
export class SteppedClock {
  /** Milliseconds that the time of day is ahead. */
  offset = 0
  readonly clock: Clock = {
    now: () => systemClock.now(),
    wallTime: (at) => (systemClock.wallTime(at) + this.offset) as WallTime,
    setTimer: (milliseconds, callback, options) => {
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
      const cancel = systemClock.setTimer(milliseconds, fire, options)
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
