/** Reads decisions off the bytes of an input. Past its end everything is 0. */
export class Script {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** Two bytes, little-endian. */
  short(): number {
    return this.byte() | (this.byte() << 8)
  }

  /** From 0 to `limit - 1`. */
  below(limit: number): number {
    return this.byte() % limit
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  flag(): boolean {
    return (this.byte() & 1) === 1
  }

  /** The next bytes, at most as many as there are left. */
  bytes(length: number): Uint8Array {
    const bytes = this.#bytes.slice(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }
}
