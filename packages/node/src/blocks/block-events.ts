import type { PeerId } from '@sapwood/peer'
import type { BlockRef } from '../chain/chain-entry.ts'
import type { StoredRange } from './block-store.ts'

/** What is told of blocks. */
export interface BlockEvents {
  /** A block arrived, passed its checks and was handed on. */
  'block-received': { readonly block: BlockRef; readonly from: PeerId; readonly bytes: number }
  /** A block broke a rule that is checked; what builds on it is out of the running. */
  'block-invalid': { readonly block: BlockRef; readonly rule: string; readonly from?: PeerId }
  /**
   * A program waits for a block that no connected peer has: each has said so, or keeps recent blocks only. It
   * stays wanted, and is asked of whoever comes. For the next block of a stream it is told when that has been
   * so for a minute.
   */
  'block-unavailable': { readonly block: BlockRef }
  /** Blocks have been written into the block store, and up to `range.tip` all are there. */
  'blocks-stored': { readonly range: StoredRange }
}
