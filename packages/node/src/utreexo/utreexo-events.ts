import type { PeerId } from '@sapwood/peer'
import type { UtreexoErrorCode } from '@sapwood/utreexo'
import type { BlockRef } from '../chain/chain-entry.ts'

/** What is told of blocks and their proofs (Utreexo). */
export interface UtreexoEvents {
  /** A block is proved, and the state is that after it. */
  'block-proved': {
    readonly block: BlockRef
    /** Inputs that were proved. */
    readonly inputs: number
    /** Who sent the proof; absent where none was needed. */
    readonly from?: PeerId
  }
  /** A peer's proof of a block does not hold. It has been asked of another. */
  'proof-invalid': {
    readonly block: BlockRef
    readonly from: PeerId
    readonly rule: UtreexoErrorCode
  }
  /** A peer was asked for a proof and sent none in time. */
  'proof-late': { readonly block: BlockRef; readonly from: PeerId }
  /**
   * A proof is wanted, and no connected peer may have it: it is asked of whoever comes. Told once, until
   * there was one.
   */
  'no-utreexo-peer': { readonly block: BlockRef }
  /**
   * Proofs of two peers fail on the same state, so that the state itself is suspected: it is gone back to
   * `back`, and the blocks after that are proved again.
   */
  'utreexo-suspected': {
    readonly block: BlockRef
    readonly peers: readonly PeerId[]
    readonly back: BlockRef
  }
  /**
   * Blocks are no longer proved: the state that it began with is refused by all, or is that of a block which
   * is not in the chain.
   */
  'utreexo-stopped': { readonly error: Error }
  /** The history up to the state that was assumed has been proved, and leads to it. */
  'utreexo-history-proved': { readonly block: BlockRef }
}
