import { bytesToHex } from '@sapwood/wire-codec'
import type { Position } from '../src/accumulator/positions.ts'
import { hasTree, rootRows } from '../src/accumulator/positions.ts'
import { parentHash } from '../src/accumulator/parent-hash.ts'

/**
 * The accumulator as plainly as it can be said: every leaf ever added, deleted ones empty,
 * folded anew each time.
 */
export class NaiveForest {
  readonly leaves: Uint8Array[]

  constructor(leaves: readonly Uint8Array[] = []) {
    this.leaves = [...leaves]
  }

  modify(deleted: readonly Uint8Array[], added: readonly Uint8Array[]): NaiveForest {
    const gone = new Set(deleted.map(bytesToHex))
    const kept = this.leaves.map((leaf) => (gone.has(bytesToHex(leaf)) ? new Uint8Array(32) : leaf))
    return new NaiveForest([...kept, ...added])
  }

  /** The hash over the leaves from `first` on, 2^`row` of them. */
  #fold(first: number, row: number): Uint8Array {
    if (row === 0) return this.leaves[first]!
    const half = 2 ** (row - 1)
    return parentHash(this.#fold(first, row - 1), this.#fold(first + half, row - 1))
  }

  roots(): Uint8Array[] {
    const count = this.leaves.length
    return rootRows(count).map((row) => this.#fold(Math.floor(count / 2 ** (row + 1)) * 2 ** (row + 1), row))
  }

  /**
   * A leaf stands higher by one row, and its offset loses a bit,
   * for each level at which nothing stands beside it.
   */
  positionOf(index: number): Position {
    const count = this.leaves.length
    const tree = rootRows(count).find(
      (row) => index < (Math.floor(count / 2 ** (row + 1)) * 2 + 1) * 2 ** row,
    )!
    let row = 0
    const bits: number[] = []
    for (let level = 0; level < tree; level++) {
      const node = Math.floor(index / 2 ** level)
      const sibling = node % 2 === 0 ? node + 1 : node - 1
      if (this.#fold(sibling * 2 ** level, level).every((byte) => byte === 0)) row++
      else bits.push(node % 2)
    }
    const above = hasTree(count, tree) ? Math.floor(count / 2 ** (tree + 1)) * 2 : 0
    const offset = bits.reduceRight((sum, bit) => sum * 2 + bit, above)
    return { row, offset }
  }
}
