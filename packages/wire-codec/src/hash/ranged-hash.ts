/**
 * The hashes of a filter's items (BIP158, "Hashing data objects").
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import { loadWasm } from '../crypto/load-wasm.ts'
import { MODULE } from '../crypto/siphash.wasm.ts'
import { type SipKey, sipHashInto } from './sip-hash.ts'

/** Bytes of an item at most that the module takes (wasm/siphash.c). Scripts of usual forms have 22 to 34. */
const MAX_ITEM = 1_024

/** Of an item, a number of the range that it was made for. */
export type RangedHash = (item: Uint8Array) => number

/** What wasm/siphash.c exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly item_at: () => number
  readonly ranged: (
    length: number,
    k0Low: number,
    k0High: number,
    k1Low: number,
    k1High: number,
    range: number,
  ) => number
}

interface Loaded {
  readonly ranged: Exports['ranged']
  readonly item: Uint8Array
}

let loaded: Loaded | undefined | null = null

/** The module, loaded when it is first needed; undefined where WebAssembly cannot be loaded. */
function module(): Loaded | undefined {
  if (loaded !== null) return loaded
  const exports = loadWasm(MODULE) as Exports | undefined
  loaded = exports && {
    ranged: exports.ranged,
    item: new Uint8Array(exports.memory.buffer, exports.item_at(), MAX_ITEM),
  }
  return loaded
}

/**
 * SipHash of an item, spread evenly over 0 to `range` - 1.
 * @param range A whole number below 2^53.
 */
export function rangedHash(key: SipKey, range: number): RangedHash {
  const plain = plainRangedHash(key, range)
  const wasm = module()
  if (wasm === undefined) return plain
  const { ranged, item } = wasm
  const { k0Low, k0High, k1Low, k1High } = key
  return (bytes) => {
    const { length } = bytes
    if (length > MAX_ITEM) return plain(bytes)
    item.set(bytes)
    return ranged(length, k0Low, k0High, k1Low, k1High, range)
  }
}

/** The same in JavaScript. */
export function plainRangedHash(key: SipKey, range: number): RangedHash {
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
