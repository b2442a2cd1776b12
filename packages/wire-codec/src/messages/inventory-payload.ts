import { ByteReader } from '../bytes/byte-reader.ts'
import { HASH_SIZE, type Hash256 } from '../hash/hashes.ts'
import type { InventoryVector } from './message.ts'

/** Bytes of an inventory vector: its type and its hash. */
export const INVENTORY_VECTOR_SIZE = 36
const TYPE_SIZE = 4

/**
 * The entries of an `inv`, `getdata` or `notfound`, read one by one from its payload: as objects 50,000 of
 * them take ten times the memory of their bytes. The payload has been decoded once, so that it is known to
 * hold what its count says.
 */
export class InventoryPayload implements Iterable<InventoryVector> {
  readonly length: number
  readonly #payload: Uint8Array
  readonly #start: number

  private constructor(payload: Uint8Array, start: number, length: number) {
    this.#payload = payload
    this.#start = start
    this.length = length
  }

  static of(payload: Uint8Array): InventoryPayload {
    const reader = new ByteReader(payload)
    const count = reader.compactSize()
    return new InventoryPayload(payload, reader.offset, count)
  }

  /** The type of the entry at `index`, without making anything of it. */
  typeAt(index: number): number {
    const at = this.#offset(index)
    const bytes = this.#payload
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  }

  /** The hash of the entry at `index`: a copy, which may be kept. */
  hashAt(index: number): Hash256 {
    const start = this.#offset(index) + TYPE_SIZE
    return this.#payload.slice(start, start + HASH_SIZE)
  }

  at(index: number): InventoryVector {
    return { type: this.typeAt(index), hash: this.hashAt(index) }
  }

  /** The entries from `start` to before `end`, of those that there are; of the same bytes. */
  slice(start: number, end: number): InventoryPayload {
    const length = Math.max(0, Math.min(end, this.length) - start)
    return new InventoryPayload(this.#payload, this.#offset(start), length)
  }

  *[Symbol.iterator](): Generator<InventoryVector> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }

  #offset(index: number): number {
    return this.#start + index * INVENTORY_VECTOR_SIZE
  }
}
