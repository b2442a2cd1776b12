const FIRST_CAPACITY = 1024

/** Bits, first in first out, eight to a byte. */
export class BitQueue {
  #bytes = new Uint8Array(FIRST_CAPACITY / 8)
  #read = 0
  #written = 0

  get size(): number {
    return this.#written - this.#read
  }

  push(bit: number): void {
    if (this.#written === this.#bytes.length * 8) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[this.#written >> 3]! |= (bit & 1) << (this.#written & 7)
    this.#written++
  }

  /** The oldest bit, or undefined when there is none. */
  shift(): number | undefined {
    if (this.#read === this.#written) return undefined
    const bit = (this.#bytes[this.#read >> 3]! >> (this.#read & 7)) & 1
    this.#read++
    return bit
  }
}
