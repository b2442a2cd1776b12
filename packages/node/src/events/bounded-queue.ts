import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import type { MemoryAccount } from '@sapwood/transport-v1v2/environment'

/** What a queue holds at most. The last that came is held however long it is. */
export interface QueueLimits {
  readonly count: number
  readonly bytes: number
}

interface Held<T> {
  readonly item: T
  readonly bytes: number
}

/**
 * What one program reads of something that does not wait for it: bounded in number and in bytes, the oldest
 * go when it is full. `dropped` counts those.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T> {
  /** How many were left out since the last time that this was set to 0. */
  dropped = 0
  readonly #limits: QueueLimits
  readonly #signal: AbortSignal | undefined
  readonly #release: () => void
  readonly #account: MemoryAccount | undefined
  #items: Held<T>[] = []
  #bytes = 0
  #ended = false
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = []

  /**
   * @param release Called once, when nothing more will be taken.
   * @param account What is held counts there, as `events`.
   */
  constructor(
    limits: QueueLimits,
    signal: AbortSignal | undefined,
    release: () => void,
    account?: MemoryAccount,
  ) {
    this.#limits = { count: Math.max(1, limits.count), bytes: limits.bytes }
    this.#signal = signal
    this.#release = release
    this.#account = account
    // Later than the constructor: whoever calls it has not got the queue in hand yet.
    if (signal?.aborted === true) queueMicrotask(this.#onAbort)
    else addAbortListener(signal, this.#onAbort)
  }

  /** @returns how many were left out for it. */
  push(item: T, bytes: number): number {
    if (this.#ended) return 0
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting({ done: false, value: item })
      return 0
    }
    this.#items.push({ item, bytes })
    this.#count(bytes)
    const { length } = this.#items
    while (this.#items.length > this.#limits.count || this.#isTooLong()) this.#shift()
    const dropped = length - this.#items.length
    this.dropped += dropped
    return dropped
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    removeAbortListener(this.#signal, this.#onAbort)
    this.#release()
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: this.#shift() })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = []
    this.#count(-this.#bytes)
    this.dropped = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #isTooLong(): boolean {
    return this.#bytes > this.#limits.bytes && this.#items.length > 1
  }

  #shift(): T {
    const { item, bytes } = this.#items.shift()!
    this.#count(-bytes)
    return item
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#account?.hold('events', bytes)
    else this.#account?.give('events', -bytes)
  }

  readonly #onAbort = (): void => this.end()
}
