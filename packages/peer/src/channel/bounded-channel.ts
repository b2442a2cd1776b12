import { PeerError } from '../errors/peer-error.ts'
import type { Channel } from './channel.ts'

/**
 * A bounded first-in, first-out channel. Values wait in a ring, senders that found it full wait behind it in order.
 * @param capacity Values held before a sender waits; at least 1.
 * @throws RangeError when `capacity` is not a positive integer.
 */
export function createChannel<T>(capacity: number): Channel<T> {
  return new BoundedChannel<T>(capacity)
}

interface WaitingSender<T> {
  readonly value: T
  readonly accept: () => void
  readonly refuse: (error: PeerError) => void
}

class BoundedChannel<T> implements Channel<T> {
  readonly capacity: number
  readonly #queue: T[] = []
  /** Index of the first value in `#queue`: taking one is O(1) without a ring of the full capacity for idle channels. */
  #head = 0
  readonly #senders: WaitingSender<T>[] = []
  readonly #receivers: ((value: T | undefined) => void)[] = []
  #closed = false

  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError(`createChannel: capacity ${capacity}`)
    this.capacity = capacity
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
    if (this.size >= this.capacity) return false
    this.#queue.push(value)
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
    this.#head += 1
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head > this.capacity) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    const sender = this.#senders.shift()
    if (sender !== undefined) {
      this.#queue.push(sender.value)
      sender.accept()
    }
    return value
  }
}

function closedError(): PeerError {
  return new PeerError('channel-closed', 'the channel is closed')
}
