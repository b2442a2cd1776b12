/**
 * What one program reads of something that does not wait for it: bounded, the oldest go when it is full. `dropped`
 * counts those.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T> {
  /** How many were left out since the last time that this was set to 0. */
  dropped = 0
  readonly #limit: number
  readonly #signal: AbortSignal | undefined
  readonly #release: () => void
  #items: T[] = []
  #ended = false
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = []

  /** @param release Called once, when nothing more will be taken. */
  constructor(limit: number, signal: AbortSignal | undefined, release: () => void) {
    this.#limit = Math.max(1, limit)
    this.#signal = signal
    this.#release = release
    // Later than the constructor: whoever calls it has not got the queue in hand yet.
    if (signal?.aborted === true) queueMicrotask(this.#onAbort)
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  push(item: T): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting({ done: false, value: item })
      return
    }
    this.#items.push(item)
    if (this.#items.length <= this.#limit) return
    this.#items.shift()
    this.dropped += 1
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#release()
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: this.#items.shift() as T })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = []
    this.dropped = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  readonly #onAbort = (): void => this.end()
}
