import { bytesEqual } from '@sapwood/wire-codec'
import { NONE } from './node-pool.ts'

const FIRST_SLOTS = 128
/** Slots for each leaf, at least: beyond it runs of full slots grow long. */
const SLOTS_PER_LEAF = 2

/**
 * From the hash of a leaf to its node: a table of node numbers, with the hash itself read where it is anyway.
 * Leaf hashes are spread evenly by themselves; `seed` keeps a stranger from making many that fall into one
 * place.
 */
export class LeafIndex {
  readonly #hashOf: (node: number) => Uint8Array
  readonly #seed: number
  #slots: Int32Array = new Int32Array(FIRST_SLOTS).fill(NONE)
  #size = 0

  constructor(hashOf: (node: number) => Uint8Array, seed: number) {
    this.#hashOf = hashOf
    this.#seed = seed
  }

  get size(): number {
    return this.#size
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.#slots.byteLength
  }

  /** The node of a leaf; `NONE` where there is none. */
  find(hash: Uint8Array): number {
    return this.#slots[this.#slotOf(hash)]!
  }

  /** Adds a leaf, which must not be there yet. */
  add(node: number): void {
    if ((this.#size + 1) * SLOTS_PER_LEAF > this.#slots.length) this.#grow()
    this.#slots[this.#slotOf(this.#hashOf(node))] = node
    this.#size++
  }

  /** Takes a leaf out, which must be there. */
  delete(hash: Uint8Array): void {
    const mask = this.#slots.length - 1
    let gap = this.#slotOf(hash)
    this.#size--
    // Whatever stands behind the gap, and was only there because this place was taken, moves into it.
    for (let at = (gap + 1) & mask; this.#slots[at] !== NONE; at = (at + 1) & mask) {
      const home = this.#home(this.#hashOf(this.#slots[at]!))
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      this.#slots[gap] = this.#slots[at]!
      gap = at
    }
    this.#slots[gap] = NONE
  }

  /** Where a leaf is, or the free slot where it would be. */
  #slotOf(hash: Uint8Array): number {
    const mask = this.#slots.length - 1
    let at = this.#home(hash)
    for (; this.#slots[at] !== NONE; at = (at + 1) & mask)
      if (bytesEqual(this.#hashOf(this.#slots[at]!), hash)) break
    return at
  }

  #home(hash: Uint8Array): number {
    let mixed = this.#seed
    for (let i = 0; i < 16; i += 4) {
      const word = hash[i]! | (hash[i + 1]! << 8) | (hash[i + 2]! << 16) | (hash[i + 3]! << 24)
      mixed = Math.imul(mixed ^ word, 0x9e37_79b1)
      mixed ^= mixed >>> 15
    }
    return mixed & (this.#slots.length - 1)
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2).fill(NONE)
    for (const node of old) if (node !== NONE) this.#slots[this.#slotOf(this.#hashOf(node))] = node
  }
}
