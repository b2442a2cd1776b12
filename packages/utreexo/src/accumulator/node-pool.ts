import { HASH_SIZE } from '@sapwood/wire-codec'

/** No node. */
export const NONE = -1

/** Nodes that there is room for at first. */
const FIRST_CAPACITY = 64
/** By how much a pool that is full grows. */
const GROWTH = 1.5

/** Bytes that one node takes: its hash, its two children and its parent. */
export const NODE_BYTES: number = HASH_SIZE + 3 * Int32Array.BYTES_PER_ELEMENT

/**
 * The nodes of the trees in typed arrays: no object for any of them. A node is its index. Of a root, `parent`
 * is -2 minus its row, so that which tree a leaf is in is known at the end of its way up.
 */
export class NodePool {
  hashes: Uint8Array = new Uint8Array(FIRST_CAPACITY * HASH_SIZE)
  left: Int32Array = new Int32Array(FIRST_CAPACITY)
  right: Int32Array = new Int32Array(FIRST_CAPACITY)
  parent: Int32Array = new Int32Array(FIRST_CAPACITY)
  #used = 0
  /** Nodes that were given back, linked by `left`. */
  #free = NONE

  /** A node without children and without a parent, with room for its hash. */
  take(): number {
    let node = this.#free
    if (node === NONE) {
      if (this.#used === this.left.length) this.#grow()
      node = this.#used++
    } else {
      this.#free = this.left[node]!
    }
    this.left[node] = NONE
    this.right[node] = NONE
    this.parent[node] = NONE
    return node
  }

  /** Gives a node back; nothing may point to it any more. */
  release(node: number): void {
    this.left[node] = this.#free
    this.parent[node] = NONE
    this.#free = node
  }

  /** The hash of a node, as a view. */
  hash(node: number): Uint8Array {
    return this.hashes.subarray(node * HASH_SIZE, (node + 1) * HASH_SIZE)
  }

  /** The hashes of some nodes, one behind the other. */
  packed(nodes: readonly number[]): Uint8Array {
    const words = HASH_SIZE / Uint32Array.BYTES_PER_ELEMENT
    const from = new Uint32Array(this.hashes.buffer)
    const to = new Uint32Array(nodes.length * words)
    for (let index = 0; index < nodes.length; index++) {
      const [at, start] = [index * words, nodes[index]! * words]
      for (let word = 0; word < words; word++) to[at + word] = from[start + word]!
    }
    return new Uint8Array(to.buffer)
  }

  isLeaf(node: number): boolean {
    return this.left[node] === NONE
  }

  isRoot(node: number): boolean {
    return this.parent[node]! < NONE
  }

  /** Row of a root. */
  rootRow(node: number): number {
    return -2 - this.parent[node]!
  }

  makeRoot(node: number, row: number): void {
    this.parent[node] = -2 - row
  }

  /** Puts a node below another, on the side that is named. */
  link(parent: number, isRight: boolean, child: number): void {
    if (isRight) this.right[parent] = child
    else this.left[parent] = child
    this.parent[child] = parent
  }

  /** Bytes that the arrays take, used or not. */
  get bytes(): number {
    return this.left.length * NODE_BYTES
  }

  #grow(): void {
    const capacity = Math.ceil(this.left.length * GROWTH)
    const hashes = new Uint8Array(capacity * HASH_SIZE)
    hashes.set(this.hashes)
    this.hashes = hashes
    this.left = enlarged(this.left, capacity)
    this.right = enlarged(this.right, capacity)
    this.parent = enlarged(this.parent, capacity)
  }
}

function enlarged(array: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity)
  larger.set(array)
  return larger
}
