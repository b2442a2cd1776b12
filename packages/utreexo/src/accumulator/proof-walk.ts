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
import { forestRows, hasTree, type Position, rootOffset } from './positions.ts'

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
  leafHashes: readonly Uint8Array[],
  { deleting }: { readonly deleting: boolean },
): WalkedRoot[] {
  const positions = checkProofForm(leaves, proof, leafHashes)
  const order = risingOrder(positions)
  const rows = forestRows(leaves)
  const roots: WalkedRoot[] = []
  const pairs = new HashRow(2 * positions.length)
  const pairsAfter = new HashRow(deleting ? 2 * positions.length : 0)
  const rehashedAt = new Uint32Array(deleting ? positions.length : 0)
  let taken = 0
  let next = 0
  let below = new Row(0, deleting)
  for (let height = 0; height <= rows && (next < order.length || below.length > 0); height++) {
    let last = next
    while (last < order.length && positions[order[last]!]!.row === height) last++
    const row = merge(below, positions, order.slice(next, last), leafHashes, deleting)
    next = last
    below = climb(row, height)
  }
  if (taken !== proof.hashes.length)
    throw new UtreexoError('proof-too-long', { expected: taken, received: proof.hashes.length })
  return roots

  function climb(row: Row, height: number): Row {
    const parents = new Row(row.length, deleting)
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
      parents.offsets[at] = Math.floor(offset / 2)
      const isLeft = offset % 2 === 0
      const hasSibling = isLeft && i + 1 < row.length && row.offsets[i + 1] === offset + 1
      const sibling = hasSibling ? ++i : nextHash()
      join(pairs, at, isLeft, row.before, own, sibling)
      if (!deleting) continue
      if (row.after.isEmpty(own)) put(parents.after, at, row.after, sibling)
      else if (typeof sibling === 'number' && row.after.isEmpty(sibling))
        parents.after.take(at, row.after, own)
      else {
        join(pairsAfter, rehashed, isLeft, row.after, own, sibling)
        rehashedAt[rehashed++] = at
      }
    }
    hashes().hashPairs(pairs.bytes, parents.length, parents.before.bytes, 0)
    if (rehashed > 0) hashes().hashPairs(pairsAfter.bytes, rehashed, pairsAfter.bytes, 0)
    for (let i = 0; i < rehashed; i++) parents.after.take(rehashedAt[i]!, pairsAfter, i)
    return parents
  }

  function nextHash(): Uint8Array {
    const hash = proof.hashes[taken++]
    if (hash === undefined) throw new UtreexoError('proof-too-short', { received: proof.hashes.length })
    return hash
  }
}

/** A sibling: a hash of the proof, which is never empty, or the index of a node of the row. */
type Sibling = Uint8Array | number

/** Puts a node and its sibling side by side, in their order, as the pair at `index`. */
function join(
  pairs: HashRow,
  index: number,
  isLeft: boolean,
  row: HashRow,
  own: number,
  sibling: Sibling,
): void {
  const left = 2 * index
  pairs.take(isLeft ? left : left + 1, row, own)
  put(pairs, isLeft ? left + 1 : left, row, sibling)
}

function put(to: HashRow, at: number, row: HashRow, sibling: Sibling): void {
  if (typeof sibling === 'number') to.take(at, row, sibling)
  else to.put(at, sibling)
}

/** Indexes of `positions` by row, and in a row by offset. */
function risingOrder(positions: readonly Position[]): Uint32Array {
  const order = new Uint32Array(positions.length)
  for (let i = 0; i < order.length; i++) order[i] = i
  return order.sort((a, b) => {
    const first = positions[a]!
    const second = positions[b]!
    return first.row - second.row || first.offset - second.offset
  })
}

/** The nodes of a row: those computed from the row below, and the targets that lie in it. */
function merge(
  computed: Row,
  positions: readonly Position[],
  targets: Uint32Array,
  leafHashes: readonly Uint8Array[],
  deleting: boolean,
): Row {
  if (targets.length === 0) return computed
  const row = new Row(computed.length + targets.length, deleting)
  let from = 0
  for (const index of targets) {
    const { offset } = positions[index]!
    while (from < computed.length && computed.offsets[from]! < offset) row.append(computed, from++, deleting)
    if (computed.offsets[from] === offset && from < computed.length)
      throw new UtreexoError('nested-target', { index })
    if (row.length > 0 && row.offsets[row.length - 1] === offset)
      throw new UtreexoError('duplicate-target', { index })
    row.before.put(row.length, leafHashes[index]!)
    row.offsets[row.length++] = offset
  }
  while (from < computed.length) row.append(computed, from++, deleting)
  return row
}
