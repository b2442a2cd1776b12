import type { PeerId } from '@sapwood/peer'
import type { PeerAction } from '../chain/peer-action.ts'
import type { BroadcastState } from './own-broadcast.ts'
import type { HeardTransaction } from './transaction-pool.ts'

/** What the transaction relay says that is to be done. */
export type TransactionAction =
  | PeerAction
  /** A transaction that was not known before is in the pool. Nobody has checked its scripts or its inputs. */
  | { readonly type: 'transaction-heard'; readonly peer: PeerId; readonly heard: HeardTransaction }
  /** Something about a broadcast changed. */
  | { readonly type: 'broadcast-changed'; readonly state: BroadcastState }
