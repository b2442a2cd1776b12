/** How full the table gets before it doubles. Above this, probing runs get long. */
const MAX_LOAD = 0.6
const FIRST_CAPACITY = 1024

/** Reads hashes of the slots that the index holds. */
export interface HashColumn {
  /** Whether the 32 bytes of the hash in `slot` are those of `hash`. */
  equals(slot: number, hash: Uint8Array): boolean
  /** First four bytes of the hash in `slot`, as an unsigned number. */
  prefix(slot: number): number
}

/**
 * Finds the slot of a block hash: open addressing over one typed array, four bytes for each place. The low
 * bytes of a block hash are its key as they are: to choose them costs an attacker proof of work.
 */
export class HashIndex {
  readonly #column: HashColumn
  /** slot + 1; 0 is an empty place. */
  #places: Uint32Array
  #size = 0

  constructor(column: HashColumn) {
    this.#column = column
    this.#places = new Uint32Array(FIRST_CAPACITY)
  }

  /** @returns the slot, or -1. */
  find(hash: Uint8Array): number {
    const places = this.#places
    const mask = places.length - 1
    let place = prefixOf(hash) & mask
    for (;;) {
      const entry = places[place]!
      if (entry === 0) return -1
      if (this.#column.equals(entry - 1, hash)) return entry - 1
      place = (place + 1) & mask
    }
  }

  /** The hash in `slot` must not be in the index yet. */
  insert(slot: number): void {
    if (this.#size + 1 > this.#places.length * MAX_LOAD) this.#grow(this.#places.length * 2)
    this.#place(slot)
    this.#size++
  }

  /** Makes room for `count` entries at once, so that a load does not grow step by step. */
  reserve(count: number): void {
    let capacity = this.#places.length
    while (count > capacity * MAX_LOAD) capacity *= 2
    if (capacity > this.#places.length) this.#grow(capacity)
  }

  #place(slot: number): void {
    const mask = this.#places.length - 1
    let place = this.#column.prefix(slot) & mask
    while (this.#places[place] !== 0) place = (place + 1) & mask
    this.#places[place] = slot + 1
  }

  #grow(capacity: number): void {
    const old = this.#places
    this.#places = new Uint32Array(capacity)
    for (const entry of old) if (entry !== 0) this.#place(entry - 1)
  }
}

function prefixOf(hash: Uint8Array): number {
  return (hash[0]! | (hash[1]! << 8) | (hash[2]! << 16) | (hash[3]! << 24)) >>> 0
}
