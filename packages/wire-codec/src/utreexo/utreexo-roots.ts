/**
 * `uroot`: the state of the accumulator after a block.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import type { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import type { BlockHash, Hash256 } from '../hash/hashes.ts'

/** Most roots of a state: one for each bit of a number of leaves (utreexod: maxRootSize). */
export const MAX_UTREEXO_ROOTS = 63
/** Most hashes of the proof of one leaf, or of some neighbours (utreexod: maxProofSize). */
export const MAX_UTREEXO_TREE_HASHES = 255

/**
 * The state of the accumulator after a block, and the proof that it is committed to: in a forest with a
 * leaf for each block, the genesis block's included, which is the SHA-256 of the leaves (8 bytes,
 * little-endian) and the roots after it.
 */
export interface UtreexoRoots {
  readonly blockHash: BlockHash
  /** Leaves ever added. */
  readonly leaves: bigint
  /** Roots, the largest tree first, all zeros for one that is empty. */
  readonly roots: readonly Hash256[]
  /**
   * Position of the state in the forest of states. It need not be the height: utreexod names the last of
   * states that are equal.
   */
  readonly target: bigint
  readonly proofHashes: readonly Hash256[]
}

/** Reads the payload of `uroot`. */
export function readUtreexoRoots(reader: ByteReader): UtreexoRoots {
  const leaves = reader.compactSize64()
  const target = reader.compactSize64()
  const blockHash = reader.blockHash()
  const roots = reader.list(reader.count(MAX_UTREEXO_ROOTS, 32), (next) => next.hash())
  const proofHashes = reader.list(reader.count(MAX_UTREEXO_TREE_HASHES, 32), (next) => next.hash())
  return { blockHash, leaves, roots, target, proofHashes }
}

/** Writes the payload of `uroot`. */
export function writeUtreexoRoots(writer: ByteWriter, state: UtreexoRoots): void {
  writer.compactSize(state.leaves).compactSize(state.target).hash(state.blockHash)
  writer.compactSize(state.roots.length)
  for (const root of state.roots) writer.hash(root)
  writer.compactSize(state.proofHashes.length)
  for (const hash of state.proofHashes) writer.hash(hash)
}
