/**
 * The walk from the leaves of a proof up to the roots (BIP181), row by row: two nodes that are siblings make
 * their parent, one alone makes it with the next hash of the proof. With `deleting`, the same walk computes
 * the roots that are left when the leaves are gone.
 * https://eprint.iacr.org/2019/611.pdf
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { hashes } from '../crypto/hash-backend.ts'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { type AccumulatorProof, checkProofForm } from './accumulator-proof.ts'
import { HashRow } from './hash-list.ts'
import { risingOrder } from './places.ts'
import { forestRows, hasTree, rootOffset } from './positions.ts'

/** A root that the walk ended in. */
export interface WalkedRoot {
  /** Row of the root, which tells which tree it is. */
  readonly row: number
  /** What the leaves and the proof make of it. */
  readonly before: Uint8Array
  /**
   * What it is without the leaves; empty (all zeros) where nothing is left.
   * The same as `before` unless `deleting`.
   */
  readonly after: Uint8Array
}

/** The nodes of one row, rising by offset, each with its hash with and without the leaves. */
class Row {
  readonly offsets: Float64Array
  readonly before: HashRow
  readonly after: HashRow
  length = 0

  constructor(capacity: number, deleting: boolean) {
    this.offsets = new Float64Array(capacity)
    this.before = new HashRow(capacity)
    this.after = deleting ? new HashRow(capacity) : this.before
  }

  /** Takes the node at `index` of another row, behind those that are here. */
  append(from: Row, index: number, deleting: boolean): void {
    const at = this.length++
    this.offsets[at] = from.offsets[index]!
    this.before.take(at, from.before, index)
    if (deleting) this.after.take(at, from.after, index)
  }
}

/**
 * Walks a proof for a forest that has had `leaves` leaves.
 * @returns the roots it ends in, the smallest tree first. They are not compared with anything here.
 * @throws UtreexoError for each rule that the proof itself breaks.
 */
export function walkProof(
  leaves: number,
  proof: AccumulatorProof,
  spent: readonly Uint8Array[],
  { deleting }: { readonly deleting: boolean },
): WalkedRoot[] {
  const { places, leafHashes, siblings, siblingCount } = checkProofForm(leaves, proof, spent)
  const order = risingOrder(places, leaves)
  const rows = forestRows(leaves)
  const roots: WalkedRoot[] = []
  const pairs = new HashRow(2 * places.length)
  const pairsAfter = new HashRow(deleting ? 2 * places.length : 0)
  const rehashedAt = new Uint32Array(deleting ? places.length : 0)
  let taken = 0
  let next = 0
  /** The rows walked last, in turn: none has more nodes than there are targets. */
  let below = new Row(places.length, deleting)
  let spare = new Row(places.length, deleting)
  for (let height = 0; height <= rows && (next < order.length || below.length > 0); height++) {
    let last = next
    while (last < order.length && places.rows[order[last]!] === height) last++
    if (last > next) {
      merge(below, spare, order.subarray(next, last))
      ;[below, spare] = [spare, below]
    }
    next = last
    climb(below, spare, height)
    ;[below, spare] = [spare, below]
  }
  if (taken !== siblingCount)
    throw new UtreexoError('proof-too-long', { expected: taken, received: siblingCount })
  return roots

  /** Makes the parents of a row, which take the place of what was in theirs. */
  function climb(row: Row, parents: Row, height: number): void {
    parents.length = 0
    const root = hasTree(leaves, height) ? rootOffset(leaves, height) : -1
    let rehashed = 0
    for (let i = 0; i < row.length; i++) {
      const own = i
      const offset = row.offsets[own]!
      if (offset === root) {
        roots.push({ row: height, before: row.before.at(own), after: row.after.at(own) })
        continue
      }
      const at = parents.length++
      // Not `offset % 2`, which is slow for a number that may not fit in 32 bits.
      const above = Math.floor(offset / 2)
      parents.offsets[at] = above
      const left = 2 * at
      const isLeft = 2 * above === offset
      const hasSibling = isLeft && i + 1 < row.length && row.offsets[i + 1] === offset + 1
      const from = hasSibling ? row : undefined
      const sibling = hasSibling ? ++i : nextHash()
      pairs.take(isLeft ? left : left + 1, row.before, own)
      pairs.take(isLeft ? left + 1 : left, from?.before ?? siblings, sibling)
      if (!deleting) continue
      const other = from?.after ?? siblings
      if (row.after.isEmpty(own)) parents.after.take(at, other, sibling)
      else if (hasSibling && other.isEmpty(sibling)) parents.after.take(at, row.after, own)
      else {
        const leftAfter = 2 * rehashed
        pairsAfter.take(isLeft ? leftAfter : leftAfter + 1, row.after, own)
        pairsAfter.take(isLeft ? leftAfter + 1 : leftAfter, other, sibling)
        rehashedAt[rehashed++] = at
      }
    }
    hashes().hashPairs(pairs.bytes, parents.length, parents.before.bytes, 0)
    if (rehashed > 0) hashes().hashPairs(pairsAfter.bytes, rehashed, pairsAfter.bytes, 0)
    for (let i = 0; i < rehashed; i++) parents.after.take(rehashedAt[i]!, pairsAfter, i)
  }

  /** Puts the nodes computed from the row below, and the targets that lie in the same row, into one. */
  function merge(computed: Row, row: Row, targets: Uint32Array): void {
    row.length = 0
    let from = 0
    for (const index of targets) {
      const offset = places.offsets[index]!
      while (from < computed.length && computed.offsets[from]! < offset)
        row.append(computed, from++, deleting)
      if (from < computed.length && computed.offsets[from] === offset)
        throw new UtreexoError('nested-target', { index })
      if (row.length > 0 && row.offsets[row.length - 1] === offset)
        throw new UtreexoError('duplicate-target', { index })
      row.before.take(row.length, leafHashes, index)
      if (deleting) row.after.clear(row.length)
      row.offsets[row.length++] = offset
    }
    while (from < computed.length) row.append(computed, from++, deleting)
  }

  /** The index of the next hash of the proof. */
  function nextHash(): number {
    if (taken === siblingCount) throw new UtreexoError('proof-too-short', { received: siblingCount })
    return taken++
  }
}
