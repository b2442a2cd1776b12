/** Weight of the newest block in the running mean. */
const SMOOTHING = 0.05
/** Before the first block is here. */
const FIRST_GUESS_BYTES = 100_000

/**
 * How large the blocks on their way probably are, from those that came:
 * what keeps the buffer within its bound.
 */
export class BlockSizeEstimate {
  #mean = FIRST_GUESS_BYTES

  get expected(): number {
    return this.#mean
  }

  add(size: number): void {
    this.#mean += (size - this.#mean) * SMOOTHING
  }
}
