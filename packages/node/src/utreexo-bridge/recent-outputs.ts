import type { KeyValueOperation } from '../store/key-value-store.ts'

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

  /**
   * Of all outputs that are written at once the oldest are let go of once: a Map steps over each entry that
   * was deleted before its first, and that is a hundred thousand where it is done for every output.
   */
  apply(operations: readonly KeyValueOperation[]): void {
    for (const operation of operations)
      if (operation.type === 'put') this.#put(operation.key, operation.value)
      else this.#delete(operation.key)
    if (this.#bytes <= this.#maxBytes) return
    for (const oldest of this.#outputs.keys()) {
      this.#delete(oldest)
      if (this.#bytes <= this.#maxBytes) return
    }
  }

  #put(key: string, output: Uint8Array): void {
    this.#delete(key)
    this.#outputs.set(key, output)
    this.#bytes += output.length + OVERHEAD
  }

  #delete(key: string): void {
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
