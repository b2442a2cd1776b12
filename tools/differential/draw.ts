import { createCipheriv, createHash } from 'node:crypto'

/** Random bytes and numbers that are the same for the same seed, and fast enough for millions of inputs. */
export class Draw {
  readonly #stream: ReturnType<typeof createCipheriv>

  constructor(seed: string) {
    this.#stream = createCipheriv('chacha20', createHash('sha256').update(seed).digest(), Buffer.alloc(16))
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#stream.update(new Uint8Array(length)))
  }

  /** A whole number from 0 up to `below`, which it never is. */
  below(below: number): number {
    return Math.floor((new DataView(this.bytes(4).buffer).getUint32(0) / 2 ** 32) * below)
  }

  /** Now and then a length around a border, else any up to `most`. */
  length(most: number, borders: readonly number[]): number {
    if (this.below(4) > 0) return this.below(most + 1)
    return Math.max(0, borders[this.below(borders.length)]! + this.below(5) - 2)
  }
}
