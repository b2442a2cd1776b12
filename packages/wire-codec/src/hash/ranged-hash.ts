/**
 * The hashes of a filter's items (BIP158, "Hashing data objects").
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import { startHashItems } from '#crypto'
import type { HashItems, SipKey } from '../crypto/hash-items.ts'
import { PackedItems } from '../crypto/packed-items.ts'
import { sipHashInto } from './sip-hash.ts'

/** What hashes many items at once here; null before it was needed, undefined where nothing does (yet). */
let inForce: HashItems | undefined | null = null

/**
 * Started when it is first needed. In a page JavaScript hashes until our WebAssembly has been loaded, which
 * the first call begins.
 */
function hashItems(): HashItems | undefined {
  if (inForce === null)
    inForce = startHashItems((loaded) => {
      inForce = loaded
    })
  return inForce
}

/**
 * SipHash of each of `items`, spread evenly over 0 to `range` - 1, in their order: thousands for each call
 * into WebAssembly.
 * @param range A whole number below 2^53.
 * @returns some of the hashes at a time; they are good until the next are asked for, or any other is made.
 */
export function* rangedHashes(
  key: SipKey,
  range: number,
  items: readonly Uint8Array[] | PackedItems,
): Generator<Float64Array, void, undefined> {
  const many = hashItems()
  const plain = plainRangedHash(key, range)
  for (let first = 0; first < items.length; ) {
    const hashes = many?.(key, range, items, first)
    if (hashes === undefined || hashes.length === 0) {
      yield Float64Array.of(plain(itemOf(items, first++)))
      continue
    }
    yield hashes
    first += hashes.length
  }
}

function itemOf(items: readonly Uint8Array[] | PackedItems, index: number): Uint8Array {
  return items instanceof PackedItems
    ? items.bytes.subarray(items.start(index), items.ends[index])
    : items[index]!
}

/** The hash of one item, in JavaScript. */
export function plainRangedHash(key: SipKey, range: number): (item: Uint8Array) => number {
  const rangeHigh = Math.floor(range / 2 ** 32)
  const rangeLow = range >>> 0
  const hash = { low: 0, high: 0 }
  return (item) => {
    sipHashInto(key, item, hash)
    return multiplyHigh(hash.high, hash.low, rangeHigh, rangeLow)
  }
}

/**
 * The upper 64 bits of a product of two 64-bit numbers given as unsigned halves: a hash spread over a range
 * without a division. Exact while the second is below 2^53, and so the result.
 */
function multiplyHigh(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const carry = lowHalf(aHigh, bLow) + lowHalf(aLow, bHigh) + highHalf(aLow, bLow)
  return aHigh * bHigh + highHalf(aHigh, bLow) + highHalf(aLow, bHigh) + Math.floor(carry / 2 ** 32)
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function highHalf(a: number, b: number): number {
  const low = (a & 0xffff) * b
  const high = (a >>> 16) * b + Math.floor(low / 0x1_0000)
  return Math.floor(high / 0x1_0000)
}

function lowHalf(a: number, b: number): number {
  return Math.imul(a, b) >>> 0
}
