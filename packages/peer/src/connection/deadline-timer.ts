import type { CancelTimer, Clock } from '@sapwood/transport-v1v2/environment'

/** One timer of a clock, at the earliest moment that it has been asked for. */
export class DeadlineTimer {
  readonly #clock: Clock
  readonly #onDue: (late: number) => void
  #cancel: CancelTimer | undefined
  #at = Number.POSITIVE_INFINITY

  /** @param onDue Is told by how many milliseconds the timer was late. */
  constructor(clock: Clock, onDue: (late: number) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Calls back at `deadline` (an instant of the clock), or before where it has been asked to. */
  wakeBy(deadline: number): void {
    if (deadline >= this.#at) return
    this.#cancel?.()
    const now = this.#clock.now()
    this.#at = Math.max(now, deadline)
    this.#cancel = this.#clock.setTimer(this.#at - now, this.#fire)
  }

  /** Calls back no more, until it is asked again. */
  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#at = Number.POSITIVE_INFINITY
  }

  readonly #fire = (): void => {
    const late = this.#clock.now() - this.#at
    this.#cancel = undefined
    this.#at = Number.POSITIVE_INFINITY
    this.#onDue(late)
  }
}
