import type { PeerId } from '@sapwood/peer'
import type { PrivateBroadcastState } from './private-broadcast.ts'
import type { BroadcastState } from './own-broadcast.ts'
import type { HeardTransaction } from './transaction-pool.ts'

/** What is told of transactions. */
export interface TransactionEvents {
  /** A transaction was heard and entered the pool. Nobody has checked its scripts or its inputs. */
  'transaction-heard': { readonly heard: HeardTransaction; readonly from: PeerId }
  /** A broadcast was announced, asked for, seen back or confirmed. */
  'broadcast-changed': { readonly broadcast: BroadcastState }
  /** A private broadcast began, a connection for it was begun or ended, or its transaction came back. */
  'private-broadcast-changed': { readonly broadcast: PrivateBroadcastState }
}
