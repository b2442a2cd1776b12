/**
 * The accumulator as its roots alone, which is all that checking a proof needs.
 * https://eprint.iacr.org/2019/611.pdf
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { HASH_SIZE, bytesEqual } from '@sapwood/wire-codec'
import { hashes } from '../crypto/hash-backend.ts'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { type AccumulatorProof, checkedRow } from './accumulator-proof.ts'
import { emptyHash, HashRow, isEmpty } from './hash-list.ts'
import { hasTree, MAX_LEAVES, rootRows } from './positions.ts'
import { type WalkedRoot, walkProof } from './proof-walk.ts'

/**
 * The whole state of a node without a set of unspent outputs (BIP181): how many leaves were ever added, and
 * the root of each perfect tree over them. A value: it never changes, `modify` makes the next one.
 */
export class Stump {
  /** Leaves ever added; deleting does not lower it. At most 2^53 - 1. */
  readonly leaves: number
  /**
   * 32 bytes for each 1 bit of `leaves`, the largest tree first; all zeros for a tree that is empty.
   * They must not be changed.
   */
  readonly roots: readonly Uint8Array[]

  /**
   * @param leaves Leaves ever added.
   * @param roots The root of each tree, the largest first, 32 bytes each, all zeros for an emptied one.
   * Copied.
   * @throws UtreexoError `invalid-stump` unless there is one root for each 1 bit of `leaves`, `hash-length`.
   */
  constructor(leaves = 0, roots: readonly Uint8Array[] = []) {
    if (!Number.isSafeInteger(leaves) || leaves < 0)
      throw new UtreexoError('invalid-stump', { expected: MAX_LEAVES, received: leaves })
    const expected = rootRows(leaves).length
    if (roots.length !== expected)
      throw new UtreexoError('invalid-stump', { expected, received: roots.length })
    roots.forEach((root, index) => {
      if (root.length !== HASH_SIZE) throw new UtreexoError('hash-length', { index, received: root.length })
    })
    this.leaves = leaves
    this.roots = Object.freeze(roots.map((root) => root.slice()))
  }

  /**
   * Checks that all of `leafHashes` are in the accumulator, by a proof that must have nothing to spare: each
   * target in a tree that there is, none doubled and none above another, no empty hash, and every hash used.
   * @throws UtreexoError that says which rule it breaks, its `fault` the proof's.
   */
  verify(proof: AccumulatorProof, leafHashes: readonly Uint8Array[]): void {
    this.#compare(walkProof(this.leaves, proof, leafHashes, { deleting: false }))
  }

  /**
   * The state after a block: first all of `deleted` are proved and taken out, then `added` are put in,
   * in their order.
   * @throws UtreexoError as `verify`, and for an added hash that is none.
   */
  modify(proof: AccumulatorProof, deleted: readonly Uint8Array[], added: readonly Uint8Array[] = []): Stump {
    const walked = walkProof(this.leaves, proof, deleted, { deleting: true })
    this.#compare(walked)
    const byRow = new Map(walked.map(({ row, after }) => [row, after]))
    const rows = rootRows(this.leaves)
    const roots = this.roots.map((root, index) => byRow.get(rows[index]!) ?? root)
    return grow(this.leaves, roots, added)
  }

  /** The state after `added` are put in, in their order. @throws UtreexoError for a hash that is none. */
  add(added: readonly Uint8Array[]): Stump {
    return grow(this.leaves, this.roots, added)
  }

  /** Whether both are the same state. */
  equals(other: Stump): boolean {
    return (
      this.leaves === other.leaves &&
      this.roots.every((root, index) => bytesEqual(root, other.roots[index] ?? emptyHash()))
    )
  }

  #compare(walked: readonly WalkedRoot[]): void {
    const rows = rootRows(this.leaves)
    for (const { row, before } of walked) {
      const index = rows.indexOf(row)
      if (!bytesEqual(before, this.roots[index]!)) throw new UtreexoError('root-mismatch', { index })
    }
  }
}

function grow(leaves: number, roots: readonly Uint8Array[], added: readonly Uint8Array[]): Stump {
  if (leaves + added.length > MAX_LEAVES)
    throw new UtreexoError('invalid-stump', { expected: MAX_LEAVES, received: leaves + added.length })
  /** The new nodes of a row, from the bottom up, and how many they are. */
  const nodes = checkedRow(added)
  let length = added.length
  const pairs = new HashRow(length + 1)
  const kept = [...roots]
  const made: Uint8Array[] = []
  for (let row = 0; length > 0; row++) {
    const root = hasTree(leaves, row) ? kept.pop() : undefined
    if (root !== undefined) pairs.put(0, root)
    const before = root === undefined ? 0 : 1
    for (let index = 0; index < length; index++) pairs.take(before + index, nodes, index)
    const total = before + length
    if (total % 2 === 1) made.push(pairs.at(total - 1))
    length = Math.floor(total / 2)
    hashes().hashPairs(pairs.bytes, length, nodes.bytes, 0)
    // A lone child is its parent.
    if (root !== undefined && isEmpty(root)) nodes.take(0, pairs, 1)
  }
  return new Stump(leaves + added.length, [...kept, ...made.reverse()])
}
