import { AsyncQueue } from '@sapwood/transport-v1v2/environment'
import { PeerError, type PeerErrorFacts } from '../contract/peer-error.ts'
import { type PendingFacts, type PendingHooks, PendingRequest } from './pending-request.ts'

/** A request whose reply comes in parts. What has arrived is given out before an end or an error is. */
export class ReplyStream<T> extends PendingRequest implements AsyncIterable<T> {
  readonly handle: AsyncIterable<T>
  readonly #queue: AsyncQueue<T>
  readonly #sizeOf: ((value: T) => number) | undefined

  /** @param options `onTake`: somebody has taken a part, or waits for one. */
  constructor(
    facts: PendingFacts,
    hooks: PendingHooks,
    options: { readonly onTake?: () => void; readonly sizeOf?: (value: T) => number } = {},
  ) {
    super(facts, hooks)
    const onTake = (): void => {
      if (!this.ended) options.onTake?.()
    }
    this.#queue = new AsyncQueue<T>({ onTake, onWait: onTake })
    this.#sizeOf = options.sizeOf
    this.handle = { [Symbol.asyncIterator]: () => this[Symbol.asyncIterator]() }
  }

  /** Arrived and not yet taken. */
  get buffered(): number {
    return this.#queue.size
  }

  /** Bytes of what has arrived and was not yet taken, as `sizeOf` counts them. */
  get bufferedBytes(): number {
    return this.#queue.bytes
  }

  push(value: T): void {
    if (!this.ended) this.#queue.push(value, this.#sizeOf?.(value))
  }

  /** Everything has been pushed. */
  finish(): void {
    if (this.conclude('answered')) this.#queue.end()
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.#queue.next(),
      return: () => {
        this.fail('aborted', new PeerError('invalid-argument', `${this.type} was left early`))
        return this.#queue.return()
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
    this.#queue.fail(error)
  }
}
