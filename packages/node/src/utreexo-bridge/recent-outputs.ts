/** Bytes of outputs that are kept at hand, and what each takes besides its own. */
const MAX_BYTES = 32_000_000
const OVERHEAD = 250

/**
 * The outputs that were made last, as they are stored: most are spent soon after, and each that is here need
 * not be read.
 */
export class RecentOutputs {
  readonly #maxBytes: number
  /** By key, the oldest first. */
  readonly #outputs = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes
  }

  get(key: string): Uint8Array | undefined {
    return this.#outputs.get(key)
  }

  put(key: string, output: Uint8Array): void {
    this.delete(key)
    this.#outputs.set(key, output)
    this.#bytes += output.length + OVERHEAD
    for (const oldest of this.#outputs.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const output = this.#outputs.get(key)
    if (output === undefined) return
    this.#outputs.delete(key)
    this.#bytes -= output.length + OVERHEAD
  }

  clear(): void {
    this.#outputs.clear()
    this.#bytes = 0
  }
}
