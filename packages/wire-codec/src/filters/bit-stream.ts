/**
 * Bits as a Golomb-coded set has them (BIP158).
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

/** Writes bits, the highest of each byte first (BIP158). */
export class BitWriter {
  readonly #bytes: Uint8Array
  #bits = 0

  /** @param capacity Bytes that will be enough; bits after them are lost. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** `count` ones and then a zero. */
  unary(count: number): void {
    for (let i = 0; i < count; i++) this.#bit(1)
    this.#bit(0)
  }

  /** The lowest `count` bits of `value`, at most 32, highest first. */
  bits(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bit((value >>> i) & 1)
  }

  /** What was written, with zeros to the end of the last byte. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, Math.ceil(this.#bits / 8))
  }

  #bit(bit: number): void {
    this.#bytes[this.#bits >>> 3]! |= bit << (7 - (this.#bits & 7))
    this.#bits++
  }
}

/** Reads what {@link BitWriter} wrote. Beyond the end every bit is 0: ask {@link isPastEnd} in the end. */
export class BitReader {
  readonly #bytes: Uint8Array
  #position: number

  /** @param position Bits before the first to read. */
  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.#position = position
  }

  /** Bits before the next to read. */
  get position(): number {
    return this.#position
  }

  /** How many ones come before the next zero. */
  unary(): number {
    let count = 0
    while (true) {
      const used = this.#position & 7
      // The bits not read yet of this byte, at the top of 32, and zeros after them:
      // the number of leading ones.
      const ones = Math.clz32(~((this.#bytes[this.#position >>> 3] ?? 0) << (24 + used)))
      count += ones
      this.#position += ones
      if (ones < 8 - used) break
    }
    this.#position++
    return count
  }

  /** The next `count` bits, at most 24, highest first. */
  bits(count: number): number {
    const at = this.#position >>> 3
    const bytes = this.#bytes
    const window =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)
    const value = (window << (this.#position & 7)) >>> (32 - count)
    this.#position += count
    return value
  }

  /** Whether more bits were asked for than there are. */
  get isPastEnd(): boolean {
    return this.#position > 8 * this.#bytes.length
  }

  /** Whole bytes that were not touched. */
  get bytesLeft(): number {
    return this.#bytes.length - Math.ceil(this.#position / 8)
  }
}
