/**
 * The hashes of a filter's items (BIP158, "Hashing data objects").
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import { loadWasm } from '../crypto/load-wasm.ts'
import { MODULE } from '../crypto/siphash.wasm.ts'
import { type SipKey, sipHashInto } from './sip-hash.ts'

/** Bytes and items of one batch (wasm/siphash.c). */
const WINDOW = 65_536
const MAX_ITEMS = 4_096

/** What wasm/siphash.c exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly items_at: () => number
  readonly ends_at: () => number
  readonly values_at: () => number
  readonly ranged: (
    count: number,
    k0Low: number,
    k0High: number,
    k1Low: number,
    k1High: number,
    range: number,
  ) => void
}

interface Loaded {
  readonly ranged: Exports['ranged']
  /** The items, one after the other. */
  readonly items: Uint8Array
  /** Where each of them ends. */
  readonly ends: Uint32Array
  /** Their hashes. */
  readonly values: Float64Array
}

let loaded: Loaded | undefined | null = null

/** The module, loaded when it is first needed; undefined where WebAssembly cannot be loaded. */
function module(): Loaded | undefined {
  if (loaded !== null) return loaded
  const exports = loadWasm(MODULE) as Exports | undefined
  if (exports === undefined) return (loaded = undefined)
  const { buffer } = exports.memory
  return (loaded = {
    ranged: exports.ranged,
    items: new Uint8Array(buffer, exports.items_at(), WINDOW),
    ends: new Uint32Array(buffer, exports.ends_at(), MAX_ITEMS),
    values: new Float64Array(buffer, exports.values_at(), MAX_ITEMS),
  })
}

/** Items one after the other in memory: copied once, for those that are hashed under many keys. */
export class PackedItems {
  readonly bytes: Uint8Array
  /** Where each of them ends. */
  readonly ends: Uint32Array

  constructor(items: readonly Uint8Array[]) {
    this.ends = new Uint32Array(items.length)
    let end = 0
    for (let i = 0; i < items.length; i++) this.ends[i] = end += items[i]!.length
    this.bytes = new Uint8Array(end)
    for (let i = 0; i < items.length; i++) this.bytes.set(items[i]!, this.start(i))
  }

  get length(): number {
    return this.ends.length
  }

  /** Where an item begins. */
  start(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!
  }
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
  const wasm = module()
  const plain = plainRangedHash(key, range)
  const { k0Low, k0High, k1Low, k1High } = key
  for (let first = 0; first < items.length; ) {
    const count = wasm === undefined ? 0 : layOut(wasm, items, first)
    if (wasm === undefined || count === 0) {
      yield Float64Array.of(plain(itemOf(items, first++)))
      continue
    }
    wasm.ranged(count, k0Low, k0High, k1Low, k1High, range)
    yield wasm.values.subarray(0, count)
    first += count
  }
}

function itemOf(items: readonly Uint8Array[] | PackedItems, index: number): Uint8Array {
  return items instanceof PackedItems
    ? items.bytes.subarray(items.start(index), items.ends[index])
    : items[index]!
}

/**
 * Copies items from `first` on into the module. @returns how many: none where that one fits into no batch.
 */
function layOut({ items, ends }: Loaded, from: readonly Uint8Array[] | PackedItems, first: number): number {
  const most = Math.min(from.length - first, MAX_ITEMS)
  if (from instanceof PackedItems) return layOutPacked({ items, ends }, from, first, most)
  let end = 0
  for (let count = 0; count < most; count++) {
    const item = from[first + count]!
    const { length } = item
    if (end + length > WINDOW) return count
    items.set(item, end)
    end += length
    ends[count] = end
  }
  return most
}

function layOutPacked(
  { items, ends }: Pick<Loaded, 'items' | 'ends'>,
  from: PackedItems,
  first: number,
  most: number,
): number {
  const start = from.start(first)
  let count = 0
  while (count < most && from.ends[first + count]! - start <= WINDOW) {
    ends[count] = from.ends[first + count]! - start
    count++
  }
  if (count > 0) items.set(from.bytes.subarray(start, start + ends[count - 1]!))
  return count
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
