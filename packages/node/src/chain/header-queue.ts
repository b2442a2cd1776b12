import type { BlockHash, BlockHeader } from '@sapwood/wire-codec'

/**
 * Hash 32, version 4, merkle root 32, time 4, bits 4, nonce 4; the hash of the parent is the record before.
 */
const RECORD_SIZE = 80

/** Linked headers, first in first out, in one byte array of fixed size. */
export class HeaderQueue {
  readonly #records: Uint8Array
  readonly #view: DataView
  readonly #capacity: number
  /** Hash of the parent of the oldest header here. */
  #parent: BlockHash
  #first = 0
  #size = 0

  constructor(capacity: number, parent: BlockHash) {
    this.#capacity = capacity
    this.#parent = parent
    this.#records = new Uint8Array(capacity * RECORD_SIZE)
    this.#view = new DataView(this.#records.buffer)
  }

  get size(): number {
    return this.#size
  }

  /** `header` builds on the one pushed before it. The queue must not be full. */
  push(header: BlockHeader, hash: BlockHash): void {
    const at = ((this.#first + this.#size++) % this.#capacity) * RECORD_SIZE
    this.#records.set(hash, at)
    this.#view.setInt32(at + 32, header.version, true)
    this.#records.set(header.merkleRoot, at + 36)
    this.#view.setUint32(at + 68, header.time, true)
    this.#view.setUint32(at + 72, header.bits, true)
    this.#view.setUint32(at + 76, header.nonce, true)
  }

  /** Takes the oldest `count` headers out. */
  shift(count: number): { readonly headers: BlockHeader[]; readonly hashes: BlockHash[] } {
    const headers: BlockHeader[] = []
    const hashes: BlockHash[] = []
    for (let taken = 0; taken < count && this.#size > 0; taken++) {
      const at = this.#first * RECORD_SIZE
      const record = this.#records.slice(at, at + RECORD_SIZE)
      const hash = record.subarray(0, 32) as BlockHash
      headers.push({
        version: this.#view.getInt32(at + 32, true),
        previousBlockHash: this.#parent,
        merkleRoot: record.subarray(36, 68),
        time: this.#view.getUint32(at + 68, true),
        bits: this.#view.getUint32(at + 72, true),
        nonce: this.#view.getUint32(at + 76, true),
      })
      hashes.push(hash)
      this.#parent = hash
      this.#first = (this.#first + 1) % this.#capacity
      this.#size--
    }
    return { headers, hashes }
  }
}
