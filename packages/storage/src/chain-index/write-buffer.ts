import type { KeyValueNamespace, KeyValueOperation } from '@sapwood/node'

/** Bytes of memory that an entry takes beside its key and its value, about. */
const ENTRY_OVERHEAD = 100

/**
 * What is to be written, in front of what is: many blocks go with one batch, and what the one of them makes
 * and the next takes away is never written (Core: the coins cache and its `FRESH` entries).
 */
export class WriteBuffer {
  readonly #entries: KeyValueNamespace
  /** By key; undefined for what is to be deleted. */
  #pending = new Map<string, Uint8Array | undefined>()
  /** Keys that the store does not have. */
  #fresh = new Set<string>()
  #bytes = 0

  constructor(entries: KeyValueNamespace) {
    this.#entries = entries
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#pending.has(key) ? Promise.resolve(this.#pending.get(key)) : this.#entries.get(key)
  }

  /** What is there for each of the keys. */
  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const found = keys.map((key) => this.#pending.get(key))
    const places = keys.flatMap((key, place) => (this.#pending.has(key) ? [] : [place]))
    const asked = places.map((place) => keys[place]!)
    const entries = this.#entries
    const stored = await (entries.getMany?.(asked) ?? Promise.all(asked.map((key) => entries.get(key))))
    places.forEach((place, index) => {
      found[place] = stored[index]
    })
    return found
  }

  /** @param isFresh the store has no such key. */
  put(key: string, value: Uint8Array, isFresh = false): void {
    if (isFresh && !this.#pending.has(key)) this.#fresh.add(key)
    this.#set(key, value)
  }

  delete(key: string): void {
    if (!this.#fresh.delete(key)) return this.#set(key, undefined)
    this.#bytes -= sizeOf(key, this.#pending.get(key))
    this.#pending.delete(key)
  }

  /** Writes all of it in one batch. Where that fails, all of it is still to be written. */
  async flush(): Promise<void> {
    if (this.#pending.size === 0) return
    const operations: KeyValueOperation[] = []
    for (const [key, value] of this.#pending)
      operations.push(value === undefined ? { type: 'delete', key } : { type: 'put', key, value })
    await this.#entries.batch(operations)
    this.drop()
  }

  /** Forgets what has not been written. */
  drop(): void {
    this.#pending = new Map()
    this.#fresh = new Set()
    this.#bytes = 0
  }

  #set(key: string, value: Uint8Array | undefined): void {
    if (this.#pending.has(key)) this.#bytes -= sizeOf(key, this.#pending.get(key))
    this.#bytes += sizeOf(key, value)
    this.#pending.set(key, value)
  }
}

function sizeOf(key: string, value: Uint8Array | undefined): number {
  return ENTRY_OVERHEAD + key.length + (value?.length ?? 0)
}
