import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { InventoryVector } from './message.ts'

/** Bytes of an inventory vector: its type and its hash. */
export const INVENTORY_VECTOR_SIZE = 36
const TYPE_SIZE = 4
/** A list of up to 50,000 has a count of 1 or 3 bytes. */
const MAX_COUNT_SIZE = 3

/**
 * The entries of an `inv`, `getdata` or `notfound`, read one by one from its payload: as objects 50,000 of
 * them take ten times the memory of their bytes. The payload has been decoded once, so that it is known to
 * hold what its count says.
 */
export class InventoryPayload {
  readonly count: number
  readonly #payload: Uint8Array
  readonly #start: number

  constructor(payload: Uint8Array) {
    const reader = new ByteReader(payload)
    this.count = reader.compactSize()
    this.#start = reader.offset
    this.#payload = payload
  }

  /** The entry at `index`, its hash a view of the payload. */
  entry(index: number): InventoryVector {
    const start = this.#start + index * INVENTORY_VECTOR_SIZE
    const { buffer, byteOffset } = this.#payload
    const type = new DataView(buffer, byteOffset + start, TYPE_SIZE).getUint32(0, true)
    return { type, hash: this.#payload.subarray(start + TYPE_SIZE, start + INVENTORY_VECTOR_SIZE) }
  }

  /**
   * The payload of a message with the entries from `start` to before `end`, of those that there are; a copy.
   */
  slice(start: number, end: number): Uint8Array {
    const count = Math.max(0, Math.min(end, this.count) - start)
    const from = this.#start + start * INVENTORY_VECTOR_SIZE
    const entries = this.#payload.subarray(from, from + count * INVENTORY_VECTOR_SIZE)
    return new ByteWriter(MAX_COUNT_SIZE + entries.length).compactSize(count).bytes(entries).finish()
  }
}
