import { addAbortListener, removeAbortListener } from './abort-listener.ts'

/** Wakes those that wait for something to change, whatever it is that each waits for. */
export class WakeUp {
  readonly #waiting = new Set<() => void>()

  /** Resolves at the next `ring`, or when the signal aborts: whoever waits looks again. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        removeAbortListener(signal, wake)
        this.#waiting.delete(wake)
        resolve()
      }
      addAbortListener(signal, wake)
      this.#waiting.add(wake)
    })
  }

  ring(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}
