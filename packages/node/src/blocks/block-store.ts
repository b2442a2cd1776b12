import type { BlockHash } from '@sapwood/wire-codec'
import type { BlockRef } from '../chain/chain-entry.ts'

/** A block as it is kept: in the bytes that it came in. */
export interface BlockToStore extends BlockRef {
  /** The whole block, with witness. */
  readonly bytes: Uint8Array
}

/** Blocks of one chain that are all there, from a height on. */
export interface StoredRange {
  readonly from: number
  readonly tip: BlockRef
}

/** What a block store has. */
export interface StoredBlocks {
  /** Absent where nothing is known to be whole. */
  readonly range?: StoredRange
  /** How many, those of branches that were left included. */
  readonly blocks: number
  /** Bytes on disk. */
  readonly bytes: number
}

/**
 * Where blocks outlive the node. `openBlockStore` of `@sapwood/storage` is one; whoever has another
 * implements these five.
 */
export interface BlockStore {
  /** The last blocks that are kept at least; `Infinity`: all. A node fills it from there. */
  readonly keepsLast: number
  has(hash: BlockHash): Promise<boolean>
  /** The bytes of a block, checked; undefined where it is not there, or not whole any more. */
  get(hash: BlockHash): Promise<Uint8Array | undefined>
  /**
   * Keeps blocks, those that are there already left out. What it has resolved for is there, also when the
   * process is killed.
   * @param range what is whole with them, where the caller keeps a chain in order.
   * @throws NodeError `store-full` and its sisters; then `range` has not been noted.
   */
  append(blocks: readonly BlockToStore[], range?: StoredRange): Promise<void>
  stored(): StoredBlocks
}
