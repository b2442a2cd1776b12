/** Numbers that look random and are the same for the same seed (xorshift32). */
export class SeededNumbers {
  #state: number

  constructor(seed: number) {
    // Zero is the one state that it never leaves.
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) || 1
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % limit
  }

  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }
}
