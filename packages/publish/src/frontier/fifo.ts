/** Places of values that have gone, at least, before the others move up. */
const COMPACT_AT = 1_024

/** A queue whose every step costs the same, with nothing around a value: it may hold a million. */
export class Fifo<T> {
  #values: (T | undefined)[] = []
  #head = 0

  push(value: T): void {
    this.#values.push(value)
  }

  /** The first; `undefined` where there is none. */
  shift(): T | undefined {
    if (this.#head === this.#values.length) return undefined
    const first = this.#values[this.#head]
    this.#values[this.#head] = undefined
    this.#head += 1
    if (this.#head >= COMPACT_AT && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head)
      this.#head = 0
    }
    return first
  }
}
