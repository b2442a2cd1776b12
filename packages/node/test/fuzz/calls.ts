/** What a program has asked of the node and how it went. */
export class Calls {
  /** Errors that no program should have to know. */
  readonly faults: string[] = []
  #pending = 0

  /** Calls without an end yet. */
  get pending(): number {
    return this.#pending
  }

  make(call: () => Promise<unknown>): void {
    this.#pending++
    let promise: Promise<unknown>
    try {
      promise = call()
    } catch (error) {
      this.#pending--
      this.#refused(error, 'thrown, not rejected')
      return
    }
    promise.then(
      () => {
        this.#pending--
      },
      (error: unknown) => {
        this.#pending--
        this.#refused(error, 'rejected')
      },
    )
  }

  #refused(error: unknown, how: string): void {
    if (error instanceof Error && (error.name === 'NodeError' || error.name === 'PeerError')) return
    if (error instanceof DOMException && error.name === 'TimeoutError') return
    this.faults.push(
      `A call was ${how}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  }
}
