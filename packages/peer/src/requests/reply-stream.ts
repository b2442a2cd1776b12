import { PeerError, type PeerErrorFacts } from '../contract/peer-error.ts'
import { type PendingFacts, type PendingHooks, PendingRequest } from './pending-request.ts'

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** A request whose reply comes in parts. What has arrived is given out before an end or an error is. */
export class ReplyStream<T> extends PendingRequest implements AsyncIterable<T> {
  readonly handle: AsyncIterable<T>
  readonly #buffer: T[] = []
  readonly #waiters: Waiter<T>[] = []
  readonly #onTake: (() => void) | undefined
  readonly #sizeOf: (value: T) => number
  #bufferedBytes = 0
  #failure: { readonly error: unknown } | undefined

  constructor(
    facts: PendingFacts,
    hooks: PendingHooks,
    {
      onTake,
      sizeOf = () => 0,
    }: { readonly onTake?: () => void; readonly sizeOf?: (value: T) => number } = {},
  ) {
    super(facts, hooks)
    this.#sizeOf = sizeOf
    this.handle = { [Symbol.asyncIterator]: () => this[Symbol.asyncIterator]() }
    this.#onTake = onTake
  }

  /** Arrived and not yet taken. */
  get buffered(): number {
    return this.#buffer.length
  }

  /** Bytes of what has arrived and was not yet taken, as `sizeOf` counts them. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  push(value: T): void {
    if (this.ended) return
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value })
      return
    }
    this.#buffer.push(value)
    this.#bufferedBytes += this.#sizeOf(value)
  }

  /** Everything has been pushed. */
  finish(): void {
    if (this.conclude('answered')) this.#releaseWaiters()
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.fail('aborted', new PeerError('invalid-argument', `${this.type} was left early`))
        this.#failure = undefined
        this.#buffer.length = 0
        this.#bufferedBytes = 0
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  /** Fails with `not-found` after what has arrived, or finishes when nothing is missing. */
  finishWith(missing: readonly Uint8Array[]): void {
    if (missing.length === 0) return this.finish()
    const facts: PeerErrorFacts = { missing }
    this.fail('not-found', this.error('not-found', `${missing.length} of ${this.type} not found`, facts))
  }

  protected override onFailure(error: unknown): void {
    this.#failure = { error }
    this.#releaseWaiters()
  }

  /** Async only for the last lines: an aborted signal's reason is thrown as it is, Error or not. */
  async #next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#buffer.shift()
    if (value !== undefined) {
      this.#bufferedBytes -= this.#sizeOf(value)
      if (!this.ended) this.#onTake?.()
      return { done: false, value }
    }
    if (!this.ended) {
      return await new Promise((resolve, reject) => {
        this.#waiters.push({ resolve, reject })
        this.#onTake?.()
      })
    }
    if (this.#failure === undefined) return { done: true, value: undefined }
    const { error } = this.#failure
    this.#failure = undefined
    throw error
  }

  #releaseWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) {
      if (this.#failure === undefined) waiter.resolve({ done: true, value: undefined })
      else {
        waiter.reject(this.#failure.error)
        this.#failure = undefined
      }
    }
  }
}
