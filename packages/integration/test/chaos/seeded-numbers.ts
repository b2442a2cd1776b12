import { createSeededRandom } from '@sapwood/transport-v1v2/testing'

/** Decisions that are the same for the same seed. */
export class SeededNumbers {
  readonly #random

  constructor(seed: string) {
    this.#random = createSeededRandom(seed)
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    const bytes = this.#random.bytes(4)
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % limit
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }
}
