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
 * A bounded first-in, first-out channel. Values wait in a ring, senders that found it full wait behind it in
 * order.
 * @param capacity Values held before a sender waits; at least 1.
 * @param weight Bounds the values by what they weigh as well.
 * @throws RangeError when `capacity` is not a positive integer, or the limit of the weight is not positive.
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
  readonly #queue: (T | undefined)[] = []
  /**
   * Index of the first value in `#queue`: taking one is O(1) without a ring of the full capacity for idle
   * channels.
   */
  #head = 0
  readonly #senders: WaitingSender<T>[] = []
  readonly #receivers: ((value: T | undefined) => void)[] = []
  readonly #weight: ChannelWeight<T> | undefined
  #held = 0
  #closed = false

  constructor(capacity: number, weight: ChannelWeight<T> | undefined) {
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError(`createChannel: capacity ${capacity}`)
    if (weight !== undefined && !(weight.limit > 0)) {
      throw new RangeError(`createChannel: weight.limit ${weight.limit}`)
    }
    this.capacity = capacity
    this.#weight = weight
  }

  get size(): number {
    return this.#queue.length - this.#head
  }

  send(value: T): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.trySend(value)) return Promise.resolve()
    return new Promise((accept, refuse) => this.#senders.push({ value, accept, refuse }))
  }

  trySend(value: T): boolean {
    if (this.#closed) return false
    const receiver = this.#receivers.shift()
    if (receiver !== undefined) {
      receiver(value)
      return true
    }
    if (this.#full()) return false
    this.#put(value)
    return true
  }

  receive(): Promise<T | undefined> {
    if (this.size > 0) return Promise.resolve(this.#take())
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => this.#receivers.push(resolve))
  }

  tryReceive(): T | undefined {
    return this.size > 0 ? this.#take() : undefined
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const receiver of this.#receivers.splice(0)) receiver(undefined)
    for (const sender of this.#senders.splice(0)) sender.refuse(closedError())
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: async () => {
        const value = await this.receive()
        return value === undefined ? { done: true, value: undefined } : { done: false, value }
      },
    }
  }

  #take(): T {
    const value = this.#queue[this.#head] as T
    // What has been taken is not kept: a channel that is never quite empty would hold all that its capacity
    // allows.
    this.#queue[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head > this.capacity) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    if (this.#weight !== undefined) this.#held -= this.#weight.of(value)
    while (this.#senders.length > 0 && !this.#full()) {
      const sender = this.#senders.shift()!
      this.#put(sender.value)
      sender.accept()
    }
    return value
  }

  #full(): boolean {
    return this.size >= this.capacity || (this.#weight !== undefined && this.#held >= this.#weight.limit)
  }

  #put(value: T): void {
    this.#queue.push(value)
    if (this.#weight !== undefined) this.#held += this.#weight.of(value)
  }
}

function closedError(): PeerError {
  return new PeerError('channel-closed', 'the channel is closed')
}
