import { AsyncQueue } from '@sapwood/transport-v1v2/environment'
import { PeerError } from '../contract/peer-error.ts'
import type { Channel } from '../contract/channel.ts'

/** A bound on what the values of a channel weigh, beside the one on their number. */
export interface ChannelWeight<T> {
  /** What one value weighs, in bytes for instance; the same each time it is asked. */
  readonly of: (value: T) => number
  /** Weight held from which on a sender waits: the channel holds less than this and one value. */
  readonly limit: number
}

/**
 * A bounded first-in, first-out channel. Values wait in a queue, senders that found it full wait behind it in
 * order.
 * @param capacity Values held before a sender waits; at least 1.
 * @param weight Bounds the values by what they weigh as well.
 * @throws PeerError `invalid-argument`: a `capacity` that is no whole number from 1 on, or a limit of the
 * weight that is not above 0.
 */
export function createChannel<T>(capacity: number, weight?: ChannelWeight<T>): Channel<T> {
  return new BoundedChannel<T>(capacity, weight)
}

interface WaitingSender<T> {
  readonly value: T
  readonly accept: () => void
  readonly refuse: (error: PeerError) => void
}

class BoundedChannel<T> implements Channel<T> {
  readonly capacity: number
  readonly #queue: AsyncQueue<T> = new AsyncQueue<T>({ onTake: () => this.#admit() })
  readonly #senders: WaitingSender<T>[] = []
  readonly #weight: ChannelWeight<T> | undefined

  constructor(capacity: number, weight: ChannelWeight<T> | undefined) {
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new PeerError('invalid-argument', `createChannel: capacity ${capacity}`)
    if (weight !== undefined && !(weight.limit > 0)) {
      throw new PeerError('invalid-argument', `createChannel: weight.limit ${weight.limit}`)
    }
    this.capacity = capacity
    this.#weight = weight
  }

  get size(): number {
    return this.#queue.size
  }

  send(value: T): Promise<void> {
    if (this.#queue.ended) return Promise.reject(closedError())
    if (this.trySend(value)) return Promise.resolve()
    return new Promise((accept, refuse) => this.#senders.push({ value, accept, refuse }))
  }

  trySend(value: T): boolean {
    if (this.#queue.ended) return false
    if (!this.#queue.isAwaited && this.#full()) return false
    this.#put(value)
    return true
  }

  receive(): Promise<T | undefined> {
    return this.#queue.take(undefined)
  }

  tryReceive(): T | undefined {
    const value = this.#queue.shift()
    this.#admit()
    return value
  }

  close(): void {
    if (this.#queue.ended) return
    this.#queue.end()
    for (const sender of this.#senders.splice(0)) sender.refuse(closedError())
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.#queue.next() }
  }

  /** Takes what senders wait with, as far as there is room. */
  #admit(): void {
    while (this.#senders.length > 0 && !this.#full()) {
      const sender = this.#senders.shift()!
      this.#put(sender.value)
      sender.accept()
    }
  }

  #full(): boolean {
    const { size, bytes } = this.#queue
    return size >= this.capacity || (this.#weight !== undefined && bytes >= this.#weight.limit)
  }

  #put(value: T): void {
    this.#queue.push(value, this.#weight?.of(value))
  }
}

function closedError(): PeerError {
  return new PeerError('channel-closed', 'the channel is closed')
}
