import {
  type CancelTimer,
  type Clock,
  type Instant,
  systemClock,
  type TimerOptions,
} from '@sapwood/transport-v1v2/environment'

interface Pending {
  readonly due: Instant
  readonly callback: () => void
  readonly options: TimerOptions | undefined
  cancel: CancelTimer
}

/**
 * The machine's clock, which can be put forward: what is due by then comes at once. For what waits for long
 * by rule while real programs take part, which know of no other time than the machine's.
 */
export class ForwardClock {
  #ahead = 0
  readonly #pending = new Set<Pending>()
  readonly clock: Clock = {
    now: () => (systemClock.now() + this.#ahead) as Instant,
    wallTime: (at) => systemClock.wallTime(at === undefined ? undefined : ((at - this.#ahead) as Instant)),
    setTimer: (milliseconds, callback, options) => {
      const due = (this.clock.now() + milliseconds) as Instant
      const timer: Pending = { due, callback, options, cancel: () => undefined }
      this.#pending.add(timer)
      this.#arm(timer)
      return () => {
        this.#pending.delete(timer)
        timer.cancel()
      }
    },
  }

  /** @param milliseconds by which everything is later at once; the time of day stays. */
  putForward(milliseconds: number): void {
    this.#ahead += milliseconds
    for (const timer of this.#pending) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  #arm(timer: Pending): void {
    const left = Math.max(0, timer.due - this.clock.now())
    timer.cancel = systemClock.setTimer(
      left,
      () => {
        this.#pending.delete(timer)
        timer.callback()
      },
      timer.options,
    )
  }
}
