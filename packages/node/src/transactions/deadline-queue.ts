import type { Instant } from '@sapwood/transport-v1v2/environment'

/** Entries that may be in the order and not be waited for, however few are. */
const MAX_LEFT_BEHIND = 32

interface Entry<T> {
  readonly value: T
  readonly due: number
}

/**
 * Things that each become due a fixed time after they were added: so the first added is the first due. Of
 * those that are not waited for any more it holds no more than of those that are.
 */
export class DeadlineQueue<T> {
  readonly #delay: number
  readonly #waiting = new Map<T, Entry<T>>()
  /**
   * As they were added, with some that are not waited for any more. The order of a Map is not enough: it
   * steps over each entry that was deleted before the first, up to fifty thousand, whenever it is looked at.
   */
  #order: Entry<T>[] = []
  /** Place in the order before which nothing is waited for. */
  #first = 0

  constructor(delay: number) {
    this.#delay = delay
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Of something that is in it nothing changes. */
  add(value: T, now: Instant): void {
    if (this.#waiting.has(value)) return
    const entry = { value, due: now + this.#delay }
    this.#waiting.set(value, entry)
    this.#order.push(entry)
  }

  delete(value: T): void {
    if (!this.#waiting.delete(value) || this.#order.length <= 2 * this.size + MAX_LEFT_BEHIND) return
    this.#order = [...this.#waiting.values()]
    this.#first = 0
  }

  /** Takes out those that are due, `most` of them at most. */
  *due(now: Instant, most: number): Iterable<T> {
    for (let left = most; ; ) {
      const entry = this.#order[this.#first]
      if (entry === undefined) return
      if (this.#waiting.get(entry.value) !== entry) {
        this.#first++
        continue
      }
      if (left === 0 || entry.due > now) return
      left--
      this.delete(entry.value)
      yield entry.value
    }
  }
}
