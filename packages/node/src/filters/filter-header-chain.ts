/**
 * Compact block filters, client side: the chain of filter headers.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import type { Hash256 } from '@sapwood/wire-codec'

const SIZE = 32
/** Headers that there is room for at first. */
const FIRST_CAPACITY = 2_048

/** Filter headers (BIP157) of the best chain, from height 0 on: 32 bytes each, in one buffer. */
export class FilterHeaderChain {
  #bytes = new Uint8Array(FIRST_CAPACITY * SIZE)
  #count = 0

  /** Height of the last; -1 where there is none. */
  get height(): number {
    return this.#count - 1
  }

  /** A copy; undefined above `height`. */
  at(height: number): Hash256 | undefined {
    if (height < 0 || height >= this.#count) return undefined
    return this.#bytes.slice(height * SIZE, (height + 1) * SIZE)
  }

  append(headers: readonly Hash256[]): void {
    this.#makeRoom(this.#count + headers.length)
    for (const header of headers) this.#bytes.set(header, this.#count++ * SIZE)
  }

  /** Forgets all above `height`. */
  truncate(height: number): void {
    this.#count = Math.max(0, Math.min(this.#count, height + 1))
  }

  #makeRoom(count: number): void {
    if (count * SIZE <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, count * SIZE))
    larger.set(this.#bytes.subarray(0, this.#count * SIZE))
    this.#bytes = larger
  }
}
