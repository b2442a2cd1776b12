/**
 * Remembers the last `capacity` to 2 × `capacity` keys. Two generations: when the young one is full,
 * the old one goes.
 */
export class RecentSet {
  readonly #capacity: number
  #young = new Set<string>()
  #old = new Set<string>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  add(key: string): void {
    this.#young.add(key)
    if (this.#young.size < this.#capacity) return
    this.#old = this.#young
    this.#young = new Set()
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
