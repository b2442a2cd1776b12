import type { KeyValueNamespace, KeyValueOperation } from '../index.ts'

/** Bytes of memory that a change takes beside its key and its value, about. */
const CHANGE_OVERHEAD = 100

/** By key; undefined for what is to be deleted. */
type Changes = Map<string, Uint8Array | undefined>

/**
 * What is to be written, in front of what is: several blocks go with one batch, and more are gathered while
 * one is being written.
 */
export class GatheredWrites {
  readonly #entries: KeyValueNamespace
  #gathered: Changes = new Map()
  #bytes = 0
  #leaving: Changes | undefined

  constructor(entries: KeyValueNamespace) {
    this.#entries = entries
  }

  /** Bytes of memory of what has been gathered and is not being written yet, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** What the key will have once all is written, which may be nothing; undefined where that stays. */
  find(key: string): { readonly value: Uint8Array | undefined } | undefined {
    for (const changes of [this.#gathered, this.#leaving])
      if (changes?.has(key) === true) return { value: changes.get(key) }
    return undefined
  }

  add(operations: readonly KeyValueOperation[]): void {
    for (const operation of operations) {
      const value = operation.type === 'put' ? operation.value : undefined
      this.#gathered.set(operation.key, value)
      this.#bytes += CHANGE_OVERHEAD + operation.key.length + (value?.length ?? 0)
    }
  }

  /**
   * Writes what has been gathered in one batch. One call at a time. Where that fails it is forgotten.
   * @param onWritten Told what was written, while it is still found here.
   */
  async write(onWritten: (operations: readonly KeyValueOperation[]) => void): Promise<void> {
    const operations = [...this.#gathered].map(
      ([key, value]): KeyValueOperation =>
        value === undefined ? { type: 'delete', key } : { type: 'put', key, value },
    )
    this.#leaving = this.#gathered
    this.#gathered = new Map()
    this.#bytes = 0
    try {
      if (operations.length > 0) await this.#entries.batch(operations)
      onWritten(operations)
    } finally {
      this.#leaving = undefined
    }
  }

  /** Forgets what has been gathered. */
  drop(): void {
    this.#gathered = new Map()
    this.#bytes = 0
  }
}
