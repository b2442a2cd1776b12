import { HASH_SIZE, ByteWriter, concatBytes, sha256 } from '@sapwood/wire-codec'
import { hashPairInto } from './parent-hash.ts'
import { hasTree, rootOffset, rootRows } from './positions.ts'
import type { Stump } from './stump.ts'

/** Leaves that there is room for at first. */
const FIRST_CAPACITY = 64

/**
 * What stands for a state of the accumulator in a {@link StateTree}: SHA-256 of the leaves ever added (8
 * bytes, little-endian) and the roots.
 */
export function stateHash({ leaves, roots }: Stump): Uint8Array {
  return sha256(concatBytes(new ByteWriter().u64(BigInt(leaves)).finish(), ...roots))
}

/**
 * The accumulator of states: the state after each block is a leaf, and its height where it stands. Nothing is
 * ever taken out, so that a tree of hashes is all there is to it: 64 bytes a block. What `uroot` proves with.
 */
export class StateTree {
  /** Of each row its nodes, one after the other. */
  readonly #rows: Uint8Array[] = []
  #size = 0

  /** States that are in it. */
  get size(): number {
    return this.#size
  }

  /** Appends the hash of a state. */
  add(hash: Uint8Array): void {
    let offset = this.#size++
    this.#room(0, offset).set(hash, offset * HASH_SIZE)
    for (let row = 0; offset % 2 === 1; row++, offset = (offset - 1) / 2) {
      const below = this.#rows[row]!
      const above = this.#room(row + 1, (offset - 1) / 2)
      const left = (offset - 1) * HASH_SIZE
      hashPairInto(below, left, below, left + HASH_SIZE, above, left / 2)
    }
  }

  /** Forgets all but the first `size` states. @throws RangeError for more than there are. */
  truncate(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.#size)
      throw new RangeError(`Not a number of states here: ${size}`)
    // What the rest leaves behind in the rows above stands beyond what is read.
    this.#size = size
  }

  /** The roots, the largest tree first. */
  roots(): Uint8Array[] {
    return rootRows(this.#size).map((row) => this.#hash(row, rootOffset(this.#size, row)))
  }

  /**
   * The hashes that prove the state at `index`, rising by position.
   * @throws RangeError where there is none.
   */
  prove(index: number): Uint8Array[] {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.#size)
      throw new RangeError(`Not a state here: ${index}`)
    const hashes: Uint8Array[] = []
    let offset = index
    for (let row = 0; !(hasTree(this.#size, row) && offset === rootOffset(this.#size, row)); row++) {
      hashes.push(this.#hash(row, offset % 2 === 0 ? offset + 1 : offset - 1))
      offset = Math.floor(offset / 2)
    }
    return hashes
  }

  #hash(row: number, offset: number): Uint8Array {
    return this.#rows[row]!.slice(offset * HASH_SIZE, (offset + 1) * HASH_SIZE)
  }

  /** The nodes of a row, with room for the one at `offset`. */
  #room(row: number, offset: number): Uint8Array {
    const nodes = this.#rows[row] ?? new Uint8Array(FIRST_CAPACITY * HASH_SIZE)
    if ((offset + 1) * HASH_SIZE <= nodes.length) return (this.#rows[row] = nodes)
    const larger = new Uint8Array(nodes.length * 2)
    larger.set(nodes)
    return (this.#rows[row] = larger)
  }
}
