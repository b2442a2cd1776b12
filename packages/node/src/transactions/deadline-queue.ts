import type { Instant } from '@sapwood/transport-v1v2/environment'

/**
 * Things that each become due a fixed time after they were added: so the first added is the first due. One
 * that is not waited for any more is taken out at once: a queue never holds more than is waited for.
 */
export class DeadlineQueue<T> {
  readonly #delay: number
  /** In the order in which they were added, each with the moment at which it is due. */
  readonly #waiting = new Map<T, number>()

  constructor(delay: number) {
    this.#delay = delay
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Of something that is in it nothing changes. */
  add(value: T, now: Instant): void {
    if (!this.#waiting.has(value)) this.#waiting.set(value, now + this.#delay)
  }

  delete(value: T): void {
    this.#waiting.delete(value)
  }

  /** Takes out those that are due, `most` of them at most. */
  *due(now: Instant, most: number): Iterable<T> {
    let left = most
    for (const [value, due] of this.#waiting) {
      if (left === 0 || due > now) return
      left--
      this.#waiting.delete(value)
      yield value
    }
  }
}
