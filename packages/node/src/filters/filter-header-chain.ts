/**
 * Compact block filters, client side: the chain of filter headers.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import { bytesEqual, type Hash256 } from '@sapwood/wire-codec'

const SIZE = 32
/** Headers that there is room for at first. */
const FIRST_CAPACITY = 2_048

/** Filter headers (BIP157) of the best chain, from height 0 on: 32 bytes each, in one buffer. */
export class FilterHeaderChain {
  #bytes = new Uint8Array(FIRST_CAPACITY * SIZE)
  #count = 0
  /** Heights below this one that are doubted, and have been kept to be compared with what comes. */
  #doubted = 0
  #changedFrom = Number.POSITIVE_INFINITY

  /** Height of the last; -1 where there is none. */
  get height(): number {
    return this.#count - 1
  }

  /** A copy; undefined above `height`. */
  at(height: number): Hash256 | undefined {
    if (height < 0 || height >= this.#count) return undefined
    return this.#bytes.slice(height * SIZE, (height + 1) * SIZE)
  }

  /** Copies of those from a height to before another. */
  slice(from: number, before: number): Uint8Array {
    return this.#bytes.slice(from * SIZE, Math.min(before, this.#count) * SIZE)
  }

  /** @returns the first height whose header is another than one that was doubted there. */
  append(headers: readonly Hash256[]): number | undefined {
    const first = this.#count
    this.#makeRoom(first + headers.length)
    let replaced: number | undefined
    for (const header of headers) {
      const height = this.#count++
      const place = this.#bytes.subarray(height * SIZE, (height + 1) * SIZE)
      if (height < this.#doubted && !bytesEqual(place, header)) {
        replaced ??= height
        this.#doubted = 0
      }
      place.set(header)
    }
    this.changed(first)
    return replaced
  }

  /** Forgets all above `height`. */
  truncate(height: number): void {
    const count = Math.max(0, height + 1)
    this.#doubted = Math.min(this.#doubted, count)
    if (count >= this.#count) return
    this.#count = count
    this.changed(this.#count)
  }

  /** Takes all above `height` back, to be compared with what is appended. */
  doubt(height: number): void {
    const doubted = Math.max(this.#doubted, this.#count)
    this.truncate(height)
    this.#doubted = doubted
  }

  /** What of it has changed since the last call: the first height that has. */
  takeChangedFrom(): number | undefined {
    const from = this.#changedFrom
    this.#changedFrom = Number.POSITIVE_INFINITY
    return Number.isFinite(from) ? from : undefined
  }

  /** What is above that height, and it itself, was not written after all. */
  changed(from: number): void {
    this.#changedFrom = Math.min(this.#changedFrom, from)
  }

  #makeRoom(count: number): void {
    if (count * SIZE <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, count * SIZE))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
