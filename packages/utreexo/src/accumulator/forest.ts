/**
 * The accumulator with all of its leaves, as who makes proofs keeps it. Each tree is kept as deletions leave
 * it: a node whose sibling is gone stands where its parent stood, so that a node's way up to its root is its
 * position on the wire.
 * https://eprint.iacr.org/2019/611.pdf
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { HASH_SIZE } from '@sapwood/wire-codec'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { type AccumulatorProof, checkHash } from './accumulator-proof.ts'
import { emptyHash } from './hash-list.ts'
import { LeafIndex } from './leaf-index.ts'
import { NODE_BYTES, NodePool, NONE } from './node-pool.ts'
import { PairBatch } from './pair-batch.ts'
import { hashPairInto } from './parent-hash.ts'
import { Places } from './places.ts'
import { hasTree, MAX_LEAVES, type Position, rootOffset, rootRows, toTarget } from './positions.ts'
import { siblingsOf } from './siblings-of.ts'
import { Stump } from './stump.ts'

/** Most leaves alive at once: nodes are numbered by 31 bits, and a leaf takes two of them. */
export const MAX_LIVE_LEAVES = 0x3fff_ffff

/** What takes one `modify` back. Plain data, which can be stored. */
export interface ForestUndo {
  /** Leaves ever added, before and after. */
  readonly leavesBefore: number
  readonly leavesAfter: number
  /** Rows of the trees that were empty after the deletions and before the additions. */
  readonly emptyRows: readonly number[]
  /** The leaves that were deleted, in the order in which it was done: their hashes, 32 bytes each. */
  readonly deleted: Uint8Array
  /**
   * For each of them three numbers: row and offset of where its sibling stands without it,
   * and 1 where it stood on the right.
   */
  readonly places: Float64Array
}

/** How a forest keeps its leaves. */
export interface ForestOptions {
  /**
   * 32 bits that strangers do not know, for the look-up of leaves. Default: 0,
   * which is good where nobody else chooses the leaves.
   */
  readonly seed?: number
}

/** A proof as a forest makes it: its hashes as bytes one behind the other. */
export interface ForestProof extends AccumulatorProof {
  readonly targets: BigUint64Array
  readonly hashes: Uint8Array
}

/** See the head of this file. Not a value: `modify` and `undo` change it. */
export class Forest {
  readonly #pool = new NodePool()
  readonly #index: LeafIndex
  /** The root node of each tree by its row; `NONE` where there is no tree or it is empty. */
  readonly #roots: number[] = []
  #leaves = 0

  constructor({ seed = 0 }: ForestOptions = {}) {
    this.#index = new LeafIndex((node) => this.#pool.hash(node), seed)
  }

  /**
   * A forest from its live leaves alone: what was deleted has left nothing
   * behind but the places of the others.
   * @param leaves Leaves ever added.
   * @param live Which leaf ever added it is, counted from 0, and its hash; in any order.
   * @throws UtreexoError `duplicate-leaf` for a number or a hash that comes twice, `invalid-stump` for a
   * number of no leaf, and for a hash that is none.
   */
  static restore(
    leaves: number,
    live: Iterable<readonly [number: number, leafHash: Uint8Array]>,
    options: ForestOptions = {},
  ): Forest {
    const forest = new Forest(options)
    forest.#leaves = leaves
    const numbers: number[] = []
    for (const [number, hash] of live) {
      const index = numbers.length
      checkHash(hash, index)
      if (!Number.isSafeInteger(number) || number < 0 || number >= leaves)
        throw new UtreexoError('invalid-stump', { index, expected: leaves, received: number })
      if (forest.has(hash)) throw new UtreexoError('duplicate-leaf', { index })
      // In a pool from which nothing was given back yet nodes follow each other:
      // that of a leaf is its place in `numbers`.
      forest.#newLeaf(hash)
      numbers.push(number)
    }
    forest.#build(numbers)
    return forest
  }

  /** Leaves ever added. */
  get leaves(): number {
    return this.#leaves
  }

  /** Leaves that are there. */
  get liveLeaves(): number {
    return this.#index.size
  }

  /** Bytes that nodes and look-up take, used or not. */
  get bytes(): number {
    return this.#pool.bytes + this.#index.bytes
  }

  /** The state that a node without the leaves keeps. */
  stump(): Stump {
    const roots = rootRows(this.#leaves).map((row) => {
      const root = this.#roots[row]!
      return root === NONE ? emptyHash() : this.#pool.hash(root)
    })
    return new Stump(this.#leaves, roots)
  }

  has(leafHash: Uint8Array): boolean {
    return leafHash.length === HASH_SIZE && this.#index.find(leafHash) !== NONE
  }

  /** Where a leaf is; undefined where it is not there. */
  positionOf(leafHash: Uint8Array): Position | undefined {
    const node = leafHash.length === HASH_SIZE ? this.#index.find(leafHash) : NONE
    return node === NONE ? undefined : this.#positionOf(node)
  }

  /**
   * The proof that all of `leafHashes` are there; its targets as the wire has them today,
   * in the order of the leaves.
   * @throws UtreexoError `unknown-leaf`, `duplicate-leaf` for one named twice.
   */
  prove(leafHashes: readonly Uint8Array[]): ForestProof {
    const nodes = this.#nodesOf(leafHashes)
    const places = new Places(nodes.length)
    const targets = new BigUint64Array(nodes.length)
    nodes.forEach((node, index) => {
      const position = this.#positionOf(node)
      targets[index] = toTarget(position)
      places.set(index, position)
    })
    return { targets, hashes: this.#pool.packed(siblingsOf(this.#pool, this.#leaves, nodes, places)) }
  }

  /**
   * Takes `deleted` out and puts `added` in, in their order.
   * @returns what takes it back.
   * @throws UtreexoError `unknown-leaf`, `duplicate-leaf`, and for an added hash that is none; then nothing
   * has changed.
   */
  modify(deleted: readonly Uint8Array[], added: readonly Uint8Array[]): ForestUndo {
    const nodes = this.#nodesOf(deleted)
    this.#checkAdded(added, nodes)
    const leavesBefore = this.#leaves
    const places = new Float64Array(3 * nodes.length)
    const hashes = new Uint8Array(HASH_SIZE * nodes.length)
    const changed: number[] = []
    nodes.forEach((node, index) => {
      hashes.set(this.#pool.hash(node), index * HASH_SIZE)
      places.set(this.#delete(node, changed), 3 * index)
    })
    this.#rehash(changed)
    const emptyRows = rootRows(leavesBefore).filter((row) => this.#roots[row] === NONE)
    for (const hash of added) this.#add(hash)
    return { leavesBefore, leavesAfter: this.#leaves, emptyRows, deleted: hashes, places }
  }

  /**
   * Takes back the last `modify` that has not been taken back.
   * @throws UtreexoError `undo-mismatch` where it cannot have been that one.
   */
  undo({ leavesBefore, leavesAfter, emptyRows, deleted, places }: ForestUndo): void {
    if (
      this.#leaves !== leavesAfter ||
      leavesBefore > leavesAfter ||
      places.length * HASH_SIZE !== 3 * deleted.length
    )
      throw new UtreexoError('undo-mismatch', { expected: leavesAfter, received: this.#leaves })
    this.#removeAdded(leavesBefore, new Set(emptyRows))
    const changed: number[] = []
    for (let index = places.length / 3 - 1; index >= 0; index--) {
      const hash = deleted.subarray(index * HASH_SIZE, (index + 1) * HASH_SIZE)
      const [row, offset, isRight] = places.subarray(3 * index)
      this.#putBack(hash, { row: row!, offset: offset! }, isRight === 1, changed)
    }
    this.#rehash(changed)
  }

  /**
   * Builds the trees over leaves that stand below nothing yet:
   * node `i` is that of the leaf with the number `numbers[i]`.
   */
  #build(numbers: readonly number[]): void {
    const order = Uint32Array.from(numbers.keys()).sort((a, b) => numbers[a]! - numbers[b]!)
    for (let i = 1; i < order.length; i++)
      if (numbers[order[i]!] === numbers[order[i - 1]!])
        throw new UtreexoError('duplicate-leaf', { index: order[i]! })
    let next = 0
    for (const row of rootRows(this.#leaves)) {
      const first = rootOffset(this.#leaves, row) * 2 ** row
      const from = next
      while (next < order.length && numbers[order[next]!]! < first + 2 ** row) next++
      const nodes = order.slice(from, next)
      const offsets = Float64Array.from(nodes, (node) => numbers[node]! - first)
      const root = this.#fold(nodes, offsets, row)
      this.#roots[row] = root
      if (root !== NONE) this.#pool.makeRoot(root, row)
    }
  }

  /**
   * Joins the nodes of a tree, rising by offset, row by row; one that is alone under its parent
   * stands in its place. Changes both lists.
   */
  #fold(nodes: Uint32Array, offsets: Float64Array, rows: number): number {
    const pool = this.#pool
    const batch = new PairBatch(pool)
    let count = nodes.length
    for (let row = 0; row < rows && count > 0; row++) {
      let above = 0
      for (let i = 0; i < count; i++) {
        const offset = Math.floor(offsets[i]! / 2)
        let node = nodes[i]!
        if (i + 1 < count && Math.floor(offsets[i + 1]! / 2) === offset) {
          const over = pool.take()
          pool.link(over, false, node)
          pool.link(over, true, nodes[++i]!)
          batch.add(over, node, nodes[i]!)
          node = over
        }
        nodes[above] = node
        offsets[above++] = offset
      }
      batch.flush()
      count = above
    }
    return count === 0 ? NONE : nodes[0]!
  }

  #nodesOf(leafHashes: readonly Uint8Array[]): number[] {
    const seen = new Set<number>()
    return leafHashes.map((hash, index) => {
      const node = hash.length === HASH_SIZE ? this.#index.find(hash) : NONE
      if (node === NONE) throw new UtreexoError('unknown-leaf', { index })
      if (seen.has(node)) throw new UtreexoError('duplicate-leaf', { index })
      seen.add(node)
      return node
    })
  }

  #checkAdded(added: readonly Uint8Array[], deleted: readonly number[]): void {
    const received = this.#index.size - deleted.length + added.length
    if (received > MAX_LIVE_LEAVES || this.#leaves + added.length > MAX_LEAVES)
      throw new UtreexoError('invalid-stump', { expected: MAX_LIVE_LEAVES, received })
    const leaving = new Set(deleted)
    const own = new Set<string>()
    added.forEach((hash, index) => {
      checkHash(hash, index)
      const node = this.#index.find(hash)
      const key = String.fromCharCode(...hash)
      if ((node !== NONE && !leaving.has(node)) || own.has(key))
        throw new UtreexoError('duplicate-leaf', { index })
      own.add(key)
    })
  }

  #positionOf(node: number): Position {
    const { parent, right } = this.#pool
    let offset = 0
    let depth = 0
    let at = node
    for (; !this.#pool.isRoot(at); at = parent[at]!) {
      if (right[parent[at]!] === at) offset += 2 ** depth
      depth++
    }
    const row = this.#pool.rootRow(at)
    return { row: row - depth, offset: rootOffset(this.#leaves, row) * 2 ** depth + offset }
  }

  /**
   * Takes a leaf out: its sibling takes their parent's place.
   * @returns row, offset, and side, as `ForestUndo.places` has them.
   */
  #delete(node: number, changed: number[]): [row: number, offset: number, isRight: number] {
    const pool = this.#pool
    this.#index.delete(pool.hash(node))
    if (pool.isRoot(node)) {
      const row = pool.rootRow(node)
      this.#roots[row] = NONE
      pool.release(node)
      return [row, rootOffset(this.#leaves, row), 0]
    }
    const over = pool.parent[node]!
    const place = this.#positionOf(over)
    const isRight = pool.right[over] === node
    const sibling = isRight ? pool.left[over]! : pool.right[over]!
    this.#replace(over, sibling)
    pool.release(over)
    pool.release(node)
    changed.push(sibling)
    return [place.row, place.offset, Number(isRight)]
  }

  /** Puts `node` where `old` stands. */
  #replace(old: number, node: number): void {
    const pool = this.#pool
    if (pool.isRoot(old)) {
      const row = pool.rootRow(old)
      pool.makeRoot(node, row)
      this.#roots[row] = node
      return
    }
    const over = pool.parent[old]!
    pool.link(over, pool.right[over] === old, node)
  }

  #add(hash: Uint8Array): void {
    const pool = this.#pool
    let top = this.#newLeaf(hash)
    let row = 0
    for (; hasTree(this.#leaves, row); row++) {
      const left = this.#roots[row]!
      this.#roots[row] = NONE
      if (left === NONE) continue
      const over = pool.take()
      pool.link(over, false, left)
      pool.link(over, true, top)
      this.#hashNode(over, left, top)
      top = over
    }
    pool.makeRoot(top, row)
    this.#roots[row] = top
    this.#leaves++
  }

  #hashNode(node: number, left: number, right: number): void {
    const { hashes } = this.#pool
    hashPairInto(hashes, left * HASH_SIZE, hashes, right * HASH_SIZE, hashes, node * HASH_SIZE)
  }

  #newLeaf(hash: Uint8Array): number {
    const leaf = this.#pool.take()
    this.#pool.hashes.set(hash, leaf * HASH_SIZE)
    this.#index.add(leaf)
    return leaf
  }

  /** Takes the trees apart again into those that stood before the last leaves were added. */
  #removeAdded(leaves: number, emptyRows: ReadonlySet<number>): void {
    const before: number[] = []
    for (const row of rootRows(this.#leaves)) {
      const root = this.#roots[row]!
      const offset = rootOffset(this.#leaves, row)
      this.#roots[row] = NONE
      if ((offset + 1) * 2 ** row <= leaves) before[row] = root
      else if (root !== NONE) this.#split(root, row, offset * 2 ** row, leaves, emptyRows, before)
    }
    this.#leaves = leaves
    for (const row of rootRows(leaves)) {
      const root = before[row] ?? NONE
      this.#roots[row] = root
      if (root !== NONE) this.#pool.makeRoot(root, row)
    }
  }

  /**
   * Splits a tree in which leaves were added: `node` is what stands over the leaves from `first` on, 2^`row`
   * of them. The last of them was added, so that its right half is never empty.
   */
  #split(
    node: number,
    row: number,
    first: number,
    leaves: number,
    emptyRows: ReadonlySet<number>,
    before: number[],
  ): void {
    if (first >= leaves) {
      this.#free(node)
      return
    }
    const half = row - 1
    const middle = first + 2 ** half
    if (middle <= leaves && emptyRows.has(half)) {
      // Nothing to the left: what is on the right stands in its parent's place.
      this.#split(node, half, middle, leaves, emptyRows, before)
      return
    }
    const left = this.#pool.left[node]!
    const right = this.#pool.right[node]!
    this.#pool.release(node)
    if (middle <= leaves) before[half] = left
    else this.#split(left, half, first, leaves, emptyRows, before)
    this.#split(right, half, middle, leaves, emptyRows, before)
  }

  #free(node: number): void {
    const pool = this.#pool
    if (pool.isLeaf(node)) this.#index.delete(pool.hash(node))
    else {
      this.#free(pool.left[node]!)
      this.#free(pool.right[node]!)
    }
    pool.release(node)
  }

  #putBack(hash: Uint8Array, place: Position, isRight: boolean, changed: number[]): void {
    const pool = this.#pool
    const leaf = this.#newLeaf(hash)
    const sibling = this.#nodeAt(place)
    if (sibling === NONE) {
      pool.makeRoot(leaf, place.row)
      this.#roots[place.row] = leaf
      return
    }
    const over = pool.take()
    this.#replace(sibling, over)
    pool.link(over, isRight, leaf)
    pool.link(over, !isRight, sibling)
    changed.push(leaf)
  }

  /** The node at a place; `NONE` where its tree is empty. */
  #nodeAt({ row, offset }: Position): number {
    const tree = rootRows(this.#leaves).find(
      (root) => root >= row && Math.floor(offset / 2 ** (root - row)) === rootOffset(this.#leaves, root),
    )
    let node = tree === undefined ? NONE : this.#roots[tree]!
    if (tree === undefined || (node === NONE && tree !== row))
      throw new UtreexoError('undo-mismatch', { received: offset })
    for (let depth = tree - row - 1; depth >= 0; depth--) {
      if (this.#pool.isLeaf(node)) throw new UtreexoError('undo-mismatch', { received: offset })
      node = Math.floor(offset / 2 ** depth) % 2 === 0 ? this.#pool.left[node]! : this.#pool.right[node]!
    }
    return node
  }

  /** Computes the hashes over `changed` anew, each once. */
  #rehash(changed: readonly number[]): void {
    const pool = this.#pool
    const dirty = new Set<number>()
    const roots = new Set<number>()
    for (const node of changed) {
      // A node that was given back since has no parent any more; what took its place is in the list as well.
      for (let at = pool.parent[node]!; at >= 0 && !dirty.has(at); at = pool.parent[at]!) {
        dirty.add(at)
        if (pool.isRoot(at)) roots.add(at)
      }
    }
    const compute = (node: number): void => {
      if (!dirty.has(node)) return
      const left = pool.left[node]!
      const right = pool.right[node]!
      compute(left)
      compute(right)
      this.#hashNode(node, left, right)
    }
    for (const root of roots) compute(root)
  }
}

/** Bytes that a live leaf takes in a full forest: its node, one over it, and two places in the look-up. */
export const LEAF_BYTES: number = 2 * NODE_BYTES + 2 * Int32Array.BYTES_PER_ELEMENT
