import { addAbortListener, AsyncQueue, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import type { MemoryAccount } from '@sapwood/transport-v1v2/environment'

/** What a queue holds at most. The last that came is held however long it is. */
export interface QueueLimits {
  readonly count: number
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
  readonly #queue: AsyncQueue<T> = new AsyncQueue<T>({ onTake: () => this.#settle() })
  /** Of what the queue holds, what `account` knows of. */
  #counted = 0

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
    const queue = this.#queue
    queue.push(item, bytes)
    let dropped = 0
    for (; this.#isOverfull; dropped++) queue.shift()
    this.#settle()
    this.dropped += dropped
    return dropped
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    if (this.#queue.ended) return
    this.#queue.end()
    removeAbortListener(this.#signal, this.#onAbort)
    this.#release()
  }

  next(): Promise<IteratorResult<T>> {
    return this.#queue.next()
  }

  return(): Promise<IteratorResult<T>> {
    this.end()
    this.#queue.clear()
    this.#settle()
    this.dropped = 0
    return this.#queue.next()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get #isOverfull(): boolean {
    const { size, bytes } = this.#queue
    return size > this.#limits.count || (bytes > this.#limits.bytes && size > 1)
  }

  #settle(): void {
    const more = this.#queue.bytes - this.#counted
    this.#counted += more
    if (more > 0) this.#account?.hold('events', more)
    else this.#account?.give('events', -more)
  }

  readonly #onAbort = (): void => this.end()
}
