import type { BlockHash } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { TipChange } from './chain-entry.ts'
import type { PeerAction } from './peer-action.ts'

/** What the header sync wants done. */
export type HeaderSyncAction =
  | PeerAction
  | { readonly type: 'tip-changed'; readonly change: TipChange }
  /** The peer is known to have this block and all before it (feed it to the block download). */
  | { readonly type: 'peer-has'; readonly peer: PeerId; readonly hash: BlockHash }
