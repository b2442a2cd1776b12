import type { Instant } from '@sapwood/transport-v1v2/environment'

/** Things that each become due a fixed time after they were added: so the first added is the first due. */
export class DeadlineQueue<T> {
  readonly #delay: number
  #entries: { readonly due: number; readonly value: T }[] = []
  #first = 0

  constructor(delay: number) {
    this.#delay = delay
  }

  get size(): number {
    return this.#entries.length - this.#first
  }

  add(value: T, now: Instant): void {
    this.#entries.push({ due: now + this.#delay, value })
  }

  /** Forgets those that `isWanted` says no of. Costs as much as the queue is long. */
  prune(isWanted: (value: T) => boolean): void {
    this.#entries = this.#entries.filter((entry, index) => index >= this.#first && isWanted(entry.value))
    this.#first = 0
  }

  /** Takes out those that are due, `most` of them at most. */
  *due(now: Instant, most: number): Iterable<T> {
    for (let left = most; left > 0; left--) {
      const entry = this.#entries[this.#first]
      if (entry === undefined || entry.due > now) return
      this.#first++
      // Cut off what was taken now and then, not at each step.
      if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
        this.#entries.splice(0, this.#first)
        this.#first = 0
      }
      yield entry.value
    }
  }
}
