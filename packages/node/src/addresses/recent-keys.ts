/** The last keys that were added, at least half of `capacity` of them; older ones are forgotten. */
export class RecentKeys {
  readonly #half: number
  #recent = new Set<string>()
  #older = new Set<string>()

  constructor(capacity: number) {
    this.#half = Math.max(1, Math.floor(capacity / 2))
  }

  has(key: string): boolean {
    return this.#recent.has(key) || this.#older.has(key)
  }

  /** @returns whether it was new. */
  add(key: string): boolean {
    const isNew = !this.has(key)
    if (this.#recent.size >= this.#half) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    this.#recent.add(key)
    return isNew
  }

  get size(): number {
    return this.#recent.size + this.#older.size
  }
}
