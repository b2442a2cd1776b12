/**
 * Places in the trees of the accumulator (BIP181), and the two forms of the number
 * that stands for one on the wire.
 *
 * A place is a row (0 for leaves at the bottom) and an offset in that row. On the wire it is one number of 64
 * bits: that of a forest with 63 rows, which never changes when the forest grows, or, in the older form, that
 * of the smallest forest that holds all leaves.
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { UtreexoError } from '../errors/utreexo-error.ts'

/** Rows of the forest that positions on the wire are counted in (utreexo v0.14, rustreexo 0.5). */
export const WIRE_ROWS = 63

/** Most leaves that a forest can ever have had here: 2^53, the largest count that a number holds. */
export const MAX_LEAVES: number = Number.MAX_SAFE_INTEGER

/** A place in the forest. */
export interface Position {
  readonly row: number
  /** Which node of its row, counted from 0. */
  readonly offset: number
}

const TOP_BIT = 1n << 63n
const ALL_BITS = (1n << 64n) - 1n

/**
 * Rows above the leaves of the smallest perfect tree that holds `leaves` leaves: 0 for none and for one.
 * @example
 * forestRows(5) // 3
 */
export function forestRows(leaves: number): number {
  if (leaves <= 1) return 0
  let rows = 0
  let last = leaves - 1
  for (; last > 0xffff_ffff; last = Math.floor(last / 2)) rows++
  return rows + 32 - Math.clz32(last)
}

/** Whether a tree with 2^`row` leaves stands in a forest of `leaves` leaves. */
export function hasTree(leaves: number, row: number): boolean {
  return Math.floor(leaves / 2 ** row) % 2 === 1
}

/** The rows of the roots, the largest tree first. */
export function rootRows(leaves: number): number[] {
  const rows: number[] = []
  for (let row = 0, rest = leaves; rest > 0; row++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) rows.push(row)
  return rows.reverse()
}

/** Offset of the root of the tree with 2^`row` leaves. */
export function rootOffset(leaves: number, row: number): number {
  return 2 * Math.floor(leaves / 2 ** (row + 1))
}

/** Whether a place lies in one of the trees: they stand in a row, so that no node is missing between them. */
function isInTree(leaves: number, { row, offset }: Position): boolean {
  return offset < (row === 0 ? leaves : Math.floor(leaves / 2 ** row))
}

/** A place as the wire has it: as if the forest had 63 rows. */
export function toTarget({ row, offset }: Position): bigint {
  return (ALL_BITS ^ (ALL_BITS >> BigInt(row))) + BigInt(offset)
}

/** A place in the older form, for a forest of `leaves` leaves. */
export function toCompactTarget({ row, offset }: Position, leaves: number): bigint {
  const rows = BigInt(forestRows(leaves))
  const start = (1n << (rows + 1n)) - (1n << (rows + 1n - BigInt(row)))
  return start + BigInt(offset)
}

/**
 * Reads a place in either form. They never collide: a raised place of the older form would be
 * a leaf that the forest does not have.
 * @param index Told in the error.
 * @throws UtreexoError `target-out-of-range` for what is in none of the trees.
 */
export function fromTarget(target: bigint, leaves: number, index?: number): Position {
  const position = place(target, leaves)
  if (position === undefined || !isInTree(leaves, position))
    throw new UtreexoError('target-out-of-range', { index, received: target })
  return position
}

function place(target: bigint, leaves: number): Position | undefined {
  if (target < 0n || target > ALL_BITS) return undefined
  if (target >= TOP_BIT) return inForestOf(WIRE_ROWS, target)
  const rows = forestRows(leaves)
  if (target >= 1n << BigInt(rows + 1)) return undefined
  // A sender may choose the older form for each of them, and arithmetic with a `bigint` is slow.
  return rows < MAX_NUMBER_ROWS ? inSmallForestOf(rows, Number(target)) : inForestOf(rows, target)
}

/** Rows of a forest from which on not every place of the older form is a number. */
const MAX_NUMBER_ROWS = 53

/** As `inForestOf`, for what a number holds. */
function inSmallForestOf(rows: number, target: number): Position {
  let row = 0
  let size = 2 ** rows
  let offset = target
  for (; row < rows && offset >= size; size /= 2) {
    offset -= size
    row++
  }
  return { row, offset }
}

/** The row is how many ones follow each other from the top bit down; what is left is the offset. */
function inForestOf(rows: number, target: bigint): Position | undefined {
  let row = 0
  let bit = 1n << BigInt(rows)
  let offset = target
  while (row <= rows && (offset & bit) !== 0n) {
    offset -= bit
    bit >>= 1n
    row++
  }
  return row > rows || offset > BigInt(MAX_LEAVES) ? undefined : { row, offset: Number(offset) }
}
