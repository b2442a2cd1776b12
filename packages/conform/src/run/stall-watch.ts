import type { CancelTimer, Clock, Instant } from '@sapwood/transport-v1v2/environment'
import type { CaseResult } from '../model/result.ts'

/** Milliseconds between two looks at the clock. */
const LOOK_INTERVAL = 250
/** Milliseconds from which on we are said to have stood still. */
const STOOD_STILL = 1_000
/** How often a case is run again because of that. */
const MAX_REPEATS = 2

/**
 * Runs a case, and again where it did not pass while this process itself stood still: a target that hung up
 * on us for our silence has done nothing wrong.
 */
export async function runSteadily(clock: Clock, run: () => Promise<CaseResult>): Promise<CaseResult> {
  for (let left = MAX_REPEATS; ; left--) {
    const watch = new StallWatch(clock)
    const result = await run()
    if (watch.stop() < STOOD_STILL || result.verdict === 'passed' || left === 0) return result
  }
}

/** Notices by a timer that comes late that this process stood still: it was stopped, or had no processor. */
class StallWatch {
  readonly #clock: Clock
  #longest = 0
  #due!: Instant
  #cancel!: CancelTimer

  constructor(clock: Clock) {
    this.#clock = clock
    this.#arm()
  }

  /** @returns the longest for which we stood still, in milliseconds. */
  stop(): number {
    this.#cancel()
    this.#note()
    return this.#longest
  }

  #arm(): void {
    this.#due = (this.#clock.now() + LOOK_INTERVAL) as Instant
    this.#cancel = this.#clock.setTimer(LOOK_INTERVAL, () => {
      this.#note()
      this.#arm()
    })
  }

  #note(): void {
    this.#longest = Math.max(this.#longest, this.#clock.now() - this.#due)
  }
}
