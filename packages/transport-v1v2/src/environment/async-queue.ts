/** What a queue tells of. */
export interface AsyncQueueOptions<T> {
  /** A value has gone to a reader; `size` and `bytes` no longer count it. */
  readonly onTake?: (value: T) => void
  /** A reader found nothing, and waits. */
  readonly onWait?: () => void
}

interface Held<T> {
  readonly value: T
  readonly bytes: number
}

interface Reader<T> {
  readonly give: (value: T) => void
  readonly end: () => void
  readonly fail: (error: unknown) => void
}

/**
 * What one side pushes and the other pulls, in order: the one queue between the two. It bounds nothing; it
 * tells what it holds (`size`, `bytes`), and whoever pushes goes by that. Readers that come first wait in
 * order.
 */
export class AsyncQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #onTake: ((value: T) => void) | undefined
  readonly #onWait: (() => void) | undefined
  #held: (Held<T> | undefined)[] = []
  /** Index of the first that is held: taking one costs the same however many there are. */
  #head = 0
  #bytes = 0
  /** Made for the first that waits: an idle connection has several queues. */
  #readers: Reader<T>[] | undefined
  #ended = false
  #failure: { readonly error: unknown } | undefined

  constructor({ onTake, onWait }: AsyncQueueOptions<T> = {}) {
    this.#onTake = onTake
    this.#onWait = onWait
  }

  /** Values that nobody has taken yet. */
  get size(): number {
    return this.#held.length - this.#head
  }

  /** What those count for, as `push` was told. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a reader waits: then nothing is held, and what is pushed is taken at once. */
  get isAwaited(): boolean {
    return this.#readers !== undefined && this.#readers.length > 0
  }

  /** Nothing is taken any more; what is held still comes out. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Gives a value to the reader that has waited longest, or holds it. After the end it is dropped.
   * @param bytes What it counts for while it is held.
   */
  push(value: T, bytes = 0): void {
    if (this.#ended) return
    const reader = this.#readers?.shift()
    if (reader === undefined) {
      this.#held.push({ value, bytes })
      this.#bytes += bytes
      return
    }
    this.#onTake?.(value)
    reader.give(value)
  }

  /** Nothing follows. What is held still comes out, and then the end. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const { end } of this.#readers?.splice(0) ?? []) end()
  }

  /**
   * Nothing follows. What is held still comes out, then the error once, and then the end. What has ended may
   * still fail.
   */
  fail(error: unknown): void {
    this.#ended = true
    const [first, ...others] = this.#readers?.splice(0) ?? []
    if (first === undefined) this.#failure ??= { error }
    else first.fail(error)
    for (const { end } of others) end()
  }

  /** Drops what is held, and an error that nobody has been told of. */
  clear(): void {
    this.#held = []
    this.#head = 0
    this.#bytes = 0
    this.#failure = undefined
  }

  /** The first that is held, without waiting; `undefined` where there is none. `onTake` is not told. */
  shift(): T | undefined {
    const first = this.#held[this.#head]
    if (first === undefined) return undefined
    // What has been taken is not kept: a queue that is never quite empty would hold all that ever was in it.
    this.#held[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#held.length) {
      this.#held.length = 0
      this.#head = 0
    } else if (this.#head > COMPACT_AT && this.#head > this.size) {
      this.#held.splice(0, this.#head)
      this.#head = 0
    }
    this.#bytes -= first.bytes
    return first.value
  }

  /** The next value, or `end` at the end. Rejects, once, with the error of `fail`. */
  take<End>(end: End): Promise<T | End> {
    return this.#read<T | End>((value) => value, end)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#read<IteratorResult<T, undefined>>((value) => ({ done: false, value }), END)
  }

  /** The reader goes: what is held is dropped, and nothing is taken any more. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.end()
    this.clear()
    return Promise.resolve(END)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #read<Result>(of: (value: T) => Result, end: Result): Promise<Result> {
    if (this.size > 0) {
      const value = this.shift() as T
      this.#onTake?.(value)
      return Promise.resolve(of(value))
    }
    const failure = this.#failure
    if (failure !== undefined) {
      this.#failure = undefined
      // A signal's reason is passed on as it is, Error or not.
      return Promise.resolve().then(() => {
        throw failure.error
      })
    }
    if (this.#ended) return Promise.resolve(end)
    return new Promise((resolve, reject) => {
      this.#readers ??= []
      this.#readers.push({
        give: (value) => resolve(of(value)),
        end: () => resolve(end),
        fail: reject,
      })
      this.#onWait?.()
    })
  }
}

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })
/** Places of values that have gone, at least, before the others move up. */
const COMPACT_AT = 32
