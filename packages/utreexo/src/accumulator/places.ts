/** Many places in the trees at once, with no object for any of them. */

import { forestRows, fromTarget, type Position } from './positions.ts'

/** Places as two columns. */
export class Places {
  readonly rows: Uint8Array
  readonly offsets: Float64Array

  constructor(count: number) {
    this.rows = new Uint8Array(count)
    this.offsets = new Float64Array(count)
  }

  get length(): number {
    return this.rows.length
  }

  set(index: number, { row, offset }: Position): void {
    this.rows[index] = row
    this.offsets[index] = offset
  }
}

/** Whether the words of a 64-bit number stand in memory with the low one first. */
const IS_LITTLE_ENDIAN: boolean =
  /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ Uint32Array.of(1).buffer)[0] === 1

/**
 * Reads places in either form, as `fromTarget` does. Nearly all are read by their words:
 * arithmetic with a `bigint` makes an object at each step.
 * @throws UtreexoError `target-out-of-range` for what is in none of the trees.
 */
export function fromTargets(targets: ArrayLike<bigint>, leaves: number): Places {
  const places = new Places(targets.length)
  const words =
    IS_LITTLE_ENDIAN && targets instanceof BigUint64Array
      ? new Uint32Array(targets.buffer, targets.byteOffset, 2 * targets.length)
      : undefined
  for (let index = 0; index < targets.length; index++)
    if (words === undefined || !readWords(words[2 * index]!, words[2 * index + 1]!, leaves, places, index))
      places.set(index, fromTarget(targets[index]!, leaves, index))
  return places
}

/**
 * A place by the words of its number in a forest of 63 rows: as many ones from the top as its row, a zero,
 * and the offset. @returns false for what has to be looked at more closely.
 */
function readWords(low: number, high: number, leaves: number, places: Places, index: number): boolean {
  const row = high === 0xffff_ffff ? 32 + Math.clz32(~low) : Math.clz32(~high)
  const offset =
    row < 32 ? (high & (0x7fff_ffff >>> row)) * 2 ** 32 + low : low & (0x7fff_ffff >>> (row - 32))
  if (row > 63 || offset >= (row === 0 ? leaves : Math.floor(leaves / 2 ** row))) return false
  places.rows[index] = row
  places.offsets[index] = offset
  return true
}

/** Indexes of `places` by row, and in a row by offset. */
export function risingOrder({ rows, offsets, length }: Places, leaves: number): Uint32Array {
  const order = new Uint32Array(length)
  // Numbers sort several times faster than by a comparison of ours: offset and index as one, row by row.
  const factor = 2 ** Math.ceil(Math.log2(Math.max(length, 1)))
  if (leaves * factor > Number.MAX_SAFE_INTEGER) return byComparison(rows, offsets, order)
  const counts = new Uint32Array(forestRows(leaves) + 2)
  for (let i = 0; i < length; i++) counts[rows[i]! + 1]!++
  for (let row = 1; row < counts.length; row++) counts[row]! += counts[row - 1]!
  const keys = new Float64Array(length)
  const next = counts.slice()
  for (let i = 0; i < length; i++) keys[next[rows[i]!]!++] = offsets[i]! * factor + i
  for (let row = 0; row + 1 < counts.length; row++)
    if (counts[row + 1]! > counts[row]! + 1) keys.subarray(counts[row], counts[row + 1]).sort()
  for (let i = 0; i < length; i++) order[i] = keys[i]! % factor
  return order
}

function byComparison(rows: Uint8Array, offsets: Float64Array, order: Uint32Array): Uint32Array {
  for (let i = 0; i < order.length; i++) order[i] = i
  return order.sort((a, b) => rows[a]! - rows[b]! || offsets[a]! - offsets[b]!)
}
