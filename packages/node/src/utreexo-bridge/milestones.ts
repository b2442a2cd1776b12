import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'

/** Where others wait for the next step of somebody. */
export class Milestones {
  #waiting = new Set<(closed: boolean) => void>()
  #isClosed = false

  /** The step was made. */
  passed(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake(false)
  }

  /** There will be no more: whoever waits is refused. */
  close(): void {
    this.#isClosed = true
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake(true)
  }

  /** Resolves at the next step; rejects when there will be none, or the signal fires. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || signal.aborted) {
        reject(new Error('There will be no next step.'))
        return
      }
      const end = (closed: boolean): void => {
        removeAbortListener(signal, onAbort)
        if (closed) reject(new Error('There will be no next step.'))
        else resolve()
      }
      const onAbort = (): void => {
        this.#waiting.delete(end)
        reject(new Error('There will be no next step.'))
      }
      addAbortListener(signal, onAbort)
      this.#waiting.add(end)
    })
  }
}
