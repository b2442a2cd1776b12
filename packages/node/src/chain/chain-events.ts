import type { PeerId } from '@sapwood/peer'
import type { BlockRef, TipChange } from './chain-entry.ts'

/** What is told of the header chain. */
export interface ChainEvents {
  /** The best header chain moved. */
  'tip-changed': { readonly change: TipChange; readonly from?: PeerId }
  /** A message with headers has been worked through; this is the best header now. */
  'headers-progress': { readonly tip: BlockRef; readonly from?: PeerId }
}
