/** Wakes those that wait for something to change, whatever it is that each waits for. */
export class WakeUp {
  #waiting: (() => void)[] = []

  /** Resolves at the next `ring`. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  ring(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
