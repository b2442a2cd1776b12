/**
 * Compact block filters, client side: the chain of filter headers.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import { bytesEqual, HASH_SIZE, type Hash256 } from '@sapwood/wire-codec'

/** Headers that there is room for at first. */
const FIRST_CAPACITY = 2_048

/** Filter headers (BIP157) of the best chain, from the first height on: 32 bytes each, in one buffer. */
export class FilterHeaderChain {
  #bytes = new Uint8Array(FIRST_CAPACITY * HASH_SIZE)
  #count = 0
  /** So many, from the first on, are doubted, and have been kept to be compared with what comes. */
  #doubted = 0
  #changedFrom = Number.POSITIVE_INFINITY
  /** Height of the first. */
  readonly first: number

  constructor(first = 0) {
    this.first = first
  }

  /** Height of the last; one below the first where there is none. */
  get height(): number {
    return this.first + this.#count - 1
  }

  /** A copy; undefined above `height`. */
  at(height: number): Hash256 | undefined {
    const place = height - this.first
    if (place < 0 || place >= this.#count) return undefined
    return this.#bytes.slice(place * HASH_SIZE, (place + 1) * HASH_SIZE)
  }

  /** Copies of those from a height to before another. */
  slice(from: number, before: number): Uint8Array {
    const end = Math.min(before - this.first, this.#count)
    return this.#bytes.slice((from - this.first) * HASH_SIZE, end * HASH_SIZE)
  }

  /** @returns the first height whose header is another than one that was doubted there. */
  append(headers: readonly Hash256[]): number | undefined {
    this.#makeRoom(this.#count + headers.length)
    this.changed(this.height + 1)
    let replaced: number | undefined
    for (const header of headers) {
      const place = this.#count++
      const bytes = this.#bytes.subarray(place * HASH_SIZE, (place + 1) * HASH_SIZE)
      if (place < this.#doubted && !bytesEqual(bytes, header)) {
        replaced ??= this.first + place
        this.#doubted = 0
      }
      bytes.set(header)
    }
    return replaced
  }

  /** Forgets all above `height`. */
  truncate(height: number): void {
    const count = Math.max(0, height - this.first + 1)
    this.#doubted = Math.min(this.#doubted, count)
    if (count >= this.#count) return
    this.#count = count
    this.changed(this.height + 1)
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
    if (count * HASH_SIZE <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, count * HASH_SIZE))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
