import type { NodePool } from './node-pool.ts'
import { type Places, risingOrder } from './places.ts'
import { forestRows } from './positions.ts'

/** Nodes of one row, rising by offset. */
class NodeRow {
  readonly nodes: Int32Array
  readonly offsets: Float64Array
  length = 0

  constructor(capacity: number) {
    this.nodes = new Int32Array(capacity)
    this.offsets = new Float64Array(capacity)
  }

  push(node: number, offset: number): void {
    this.nodes[this.length] = node
    this.offsets[this.length++] = offset
  }
}

/**
 * What stands beside the ways up from some leaves, and is on none of them: row by row, rising.
 * @param numLeaves Leaves that were ever added to the forest.
 */
export function siblingsOf(
  pool: NodePool,
  numLeaves: number,
  leaves: readonly number[],
  places: Places,
): number[] {
  const { left, right, parent } = pool
  const order = risingOrder(places, numLeaves)
  const siblings: number[] = []
  const below = new NodeRow(leaves.length)
  const row = new NodeRow(leaves.length)
  let next = 0
  for (let height = 0; height < forestRows(numLeaves); height++) {
    // The nodes over those of the row below, and the leaves that stand in this one.
    row.length = 0
    let from = 0
    for (; next < order.length && places.rows[order[next]!] === height; next++) {
      const offset = places.offsets[order[next]!]!
      while (from < below.length && below.offsets[from]! < offset)
        row.push(below.nodes[from]!, below.offsets[from++]!)
      row.push(leaves[order[next]!]!, offset)
    }
    while (from < below.length) row.push(below.nodes[from]!, below.offsets[from++]!)
    below.length = 0
    for (let i = 0; i < row.length; i++) {
      const node = row.nodes[i]!
      if (pool.isRoot(node)) continue
      const over = parent[node]!
      const sibling = left[over] === node ? right[over]! : left[over]!
      below.push(over, Math.floor(row.offsets[i]! / 2))
      if (i + 1 < row.length && row.nodes[i + 1] === sibling) i++
      else siblings.push(sibling)
    }
  }
  return siblings
}
