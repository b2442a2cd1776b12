import { ByteReader } from '../bytes/byte-reader.ts'
import type { InventoryVector } from './message.ts'

/** Type and hash. */
const ENTRY_SIZE = 36
const TYPE_SIZE = 4

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
    const start = this.#start + index * ENTRY_SIZE
    const { buffer, byteOffset } = this.#payload
    const type = new DataView(buffer, byteOffset + start, TYPE_SIZE).getUint32(0, true)
    return { type, hash: this.#payload.subarray(start + TYPE_SIZE, start + ENTRY_SIZE) }
  }
}
