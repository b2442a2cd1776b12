import {
  abortReason,
  addAbortListener,
  type Clock,
  type Instant,
  removeAbortListener,
} from '@sapwood/transport-v1v2/environment'

/** Milliseconds of its rate that may be used at once, after a silence. */
const BURST = 1_000

/** Keeps a stream of bytes to so many a second: what comes sooner waits. */
export class Pace {
  readonly #rate: number
  readonly #clock: Clock
  /** When all that has been let through would have been, at the rate. */
  #due: Instant

  /** @param rate Bytes a second; `Infinity`: nothing waits. */
  constructor(rate: number, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
    this.#due = (clock.now() - BURST) as Instant
  }

  /** Resolves when so many bytes more may pass. Rejects where the signal aborts before. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    this.#due = (Math.max(this.#due, now - BURST) + (1_000 * bytes) / this.#rate) as Instant
    const wait = this.#due - now
    if (wait <= 0) return
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        cancel()
        reject(abortReason(signal))
      }
      const cancel = this.#clock.setTimer(Math.ceil(wait), () => {
        removeAbortListener(signal, onAbort)
        resolve()
      })
      addAbortListener(signal, onAbort)
    })
  }
}
