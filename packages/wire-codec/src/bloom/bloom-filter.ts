/**
 * Bloom filters of transactions (BIP37).
 * https://github.com/bitcoin/bips/blob/master/bip-0037.mediawiki
 * @module
 */

import { ByteWriter } from '../bytes/byte-writer.ts'
import { murmurHash3 } from '../hash/murmur-hash3.ts'
import { MAX_BLOOM_FILTER_SIZE, MAX_BLOOM_HASH_FUNCTIONS } from '../messages/limits.ts'
import { txid } from '../primitives/transaction-id.ts'
import type { OutPoint, Transaction } from '../primitives/transaction.ts'
import { paysToKey } from './pays-to-key.ts'
import { scriptOperations } from './script-pushes.ts'

/** How a filter grows by the outputs that it matches, so that their spending is matched as well (BIP37). */
export const BloomUpdate = {
  NONE: 0,
  /** Each matched output. */
  ALL: 1,
  /** Only outputs that name keys openly: pay-to-pubkey and bare multisignature. */
  PUBKEY_ONLY: 2,
} as const

/** The bits of the flags that say how to update (Core, `BLOOM_UPDATE_MASK`). */
const UPDATE_MASK = 3
/** Spreads the hash functions (BIP37). */
const SEED_STEP = 0xfba4_c795
const OUT_POINT_SIZE = 36

/** The fields that `filterload` carries. */
export interface BloomFilterFields {
  /** The bits, lowest first in each byte; at most 36,000 bytes. Not copied: matches may add to it. */
  readonly filter: Uint8Array
  /** At most 50. */
  readonly hashFunctions: number
  readonly tweak: number
  /** One of {@link BloomUpdate}. */
  readonly flags: number
}

/** What a filter is to hold. */
export interface BloomFilterOptions {
  /** How many elements it is made for. */
  readonly elements: number
  /** How often a filter with that many says yes wrongly, above 0 and below 1. */
  readonly falsePositiveRate: number
  /** A random number, so that filters of one client have little in common. Default: 0. */
  readonly tweak?: number
  /** One of {@link BloomUpdate}. Default: `ALL`. */
  readonly flags?: number
}

/** A bloom filter (BIP37). */
export interface BloomFilter extends BloomFilterFields {
  /** Adds an element: a hash, a key, an outpoint of 36 bytes. */
  insert(element: Uint8Array): void
  /** Adds an outpoint. */
  insertOutPoint(outPoint: OutPoint): void
  /** Whether an element may have been added. */
  contains(element: Uint8Array): boolean
  /** Whether an outpoint may have been added. */
  containsOutPoint(outPoint: OutPoint): boolean
  /**
   * Whether a transaction concerns the filter's owner; may add outputs of it,
   * as the flags say (Core, `IsRelevantAndUpdate`).
   */
  matchAndUpdate(transaction: Transaction): boolean
}

/** An empty filter of the best size for what it is to hold, within the limits of BIP37. @throws RangeError */
export function createBloomFilter(options: BloomFilterOptions): BloomFilter {
  const { elements, falsePositiveRate, tweak = 0, flags = BloomUpdate.ALL } = options
  if (!(elements >= 1) || !(falsePositiveRate > 0 && falsePositiveRate < 1)) {
    throw new RangeError('A bloom filter is for one element or more and a rate between 0 and 1')
  }
  const bits = (-1 / Math.LN2 ** 2) * elements * Math.log(falsePositiveRate)
  const size = Math.floor(Math.min(bits, MAX_BLOOM_FILTER_SIZE * 8) / 8)
  // Two roundings, as in Core.
  const functions = Math.floor(Math.floor((size * 8) / elements) * Math.LN2)
  return openBloomFilter({
    filter: new Uint8Array(size),
    hashFunctions: Math.min(functions, MAX_BLOOM_HASH_FUNCTIONS),
    tweak,
    flags,
  })
}

/** The filter that a peer loaded. */
export function openBloomFilter(fields: BloomFilterFields): BloomFilter {
  return new LoadedBloomFilter(fields)
}

class LoadedBloomFilter implements BloomFilter {
  readonly filter: Uint8Array
  readonly hashFunctions: number
  readonly tweak: number
  readonly flags: number

  constructor({ filter, hashFunctions, tweak, flags }: BloomFilterFields) {
    this.filter = filter
    this.hashFunctions = hashFunctions
    this.tweak = tweak
    this.flags = flags
  }

  insert(element: Uint8Array): void {
    // A filter without bits is full: it matches all (and has no bit to take a remainder by, CVE-2013-5700).
    if (this.filter.length === 0) return
    for (let i = 0; i < this.hashFunctions; i++) {
      const bit = this.#bit(i, element)
      this.filter[bit >>> 3]! |= 1 << (bit & 7)
    }
  }

  insertOutPoint(outPoint: OutPoint): void {
    this.insert(outPointBytes(outPoint))
  }

  contains(element: Uint8Array): boolean {
    if (this.filter.length === 0) return true
    for (let i = 0; i < this.hashFunctions; i++) {
      const bit = this.#bit(i, element)
      if ((this.filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
    }
    return true
  }

  containsOutPoint(outPoint: OutPoint): boolean {
    return this.contains(outPointBytes(outPoint))
  }

  matchAndUpdate(transaction: Transaction): boolean {
    if (this.filter.length === 0) return true
    const id = txid(transaction)
    let found = this.contains(id)
    for (const [index, { scriptPubKey }] of transaction.outputs.entries()) {
      if (!this.#containsPush(scriptPubKey)) continue
      found = true
      if (this.#updatesBy(scriptPubKey)) this.insertOutPoint({ txid: id, index })
    }
    return (
      found ||
      transaction.inputs.some(
        ({ previousOutput, scriptSig }) =>
          this.containsOutPoint(previousOutput) || this.#containsPush(scriptSig),
      )
    )
  }

  #updatesBy(script: Uint8Array): boolean {
    const update = this.flags & UPDATE_MASK
    return update === BloomUpdate.ALL || (update === BloomUpdate.PUBKEY_ONLY && paysToKey(script))
  }

  #containsPush(script: Uint8Array): boolean {
    for (const { data } of scriptOperations(script)) if (data.length > 0 && this.contains(data)) return true
    return false
  }

  #bit(hashFunction: number, element: Uint8Array): number {
    return murmurHash3(Math.imul(hashFunction, SEED_STEP) + this.tweak, element) % (8 * this.filter.length)
  }
}

function outPointBytes({ txid, index }: OutPoint): Uint8Array {
  return new ByteWriter(OUT_POINT_SIZE).hash(txid).u32(index).finish()
}
