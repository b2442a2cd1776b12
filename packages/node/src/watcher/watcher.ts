import type { Network, Transaction, Txid } from '@sapwood/wire-codec'
import type { Clock, Logger } from '@sapwood/transport-v1v2/environment'
import type {
  BlockRef,
  BroadcastOptions,
  BroadcastState,
  CallOptions,
  KeyValueStore,
  NodeHandle,
} from '../index.ts'
import type { UnspentOutput, WatchedTransaction } from './watched-transaction.ts'
import type { WatcherEvent } from './watcher-event.ts'

/** What a watcher takes of a node. */
export type WatchedNode = Pick<NodeHandle, 'blocks' | 'chain' | 'filters' | 'info' | 'transactions'>

/** What a watcher begins with. */
export interface WatcherOptions {
  /** Scripts to watch beside those of the last time. Default: none. See `Watcher.watch`. */
  readonly scripts?: readonly Uint8Array[]
  /** The first height to look for them at. Default: the block after the best one known. */
  readonly from?: number
  /** The node's network, where it is none that `networkByName` of the wire codec knows. */
  readonly network?: Network
}

/** What a watcher works with. */
export interface WatcherComponents {
  /** What outlives the watcher. May be the node's own: nothing meets. */
  readonly store: KeyValueStore
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: silent. */
  readonly logger?: Logger
}

/** From when on scripts are watched. */
export interface WatchOptions {
  /** The first height to look for them at. Default: the block after the best one known. */
  readonly from?: number
}

/**
 * What the blocks and the transactions that are heard say of some scripts. It has no keys: scripts in, facts
 * out. What is in no block has been checked by nobody.
 */
export interface Watcher extends AsyncDisposable {
  /** The last block that has been looked at; undefined before the first. */
  readonly position: BlockRef | undefined
  /** Whether blocks of before are still being looked at for scripts that were added. */
  readonly isLookingBack: boolean
  /** All that are watched. */
  readonly scripts: readonly Uint8Array[]
  /**
   * Watches more scripts, over restarts too. Blocks of before are looked at for these alone.
   * @returns once that is in the store; `waitForHeight` waits for the blocks.
   * @throws NodeError `invalid-argument`, `store-full` and its sisters.
   */
  watch(scripts: readonly Uint8Array[], options?: WatchOptions): Promise<void>
  /** Watches these no more, and forgets what is known of them alone. */
  unwatch(scripts: readonly Uint8Array[]): Promise<void>
  /** All that is known, in no order. */
  transactions(): readonly WatchedTransaction[]
  transaction(txid: Txid): WatchedTransaction | undefined
  /** Outputs to watched scripts that no block spends. */
  unspent(): readonly UnspentOutput[]
  /**
   * Broadcasts a transaction, and again after each restart, and after a reorg, until it has 144
   * confirmations, another spends one of its inputs, or it is cancelled.
   * @returns as `transactions.broadcast` of the node. It is in the store before any peer is told of it.
   * @throws NodeError as that; `invalid-argument` where it concerns no watched script.
   */
  broadcast(transaction: Transaction, options?: CallOptions & BroadcastOptions): Promise<BroadcastState>
  /** @returns false where it was not broadcast here. */
  cancelBroadcast(txid: Txid): Promise<boolean>
  /** All that is known, and then what changes, until the watcher has stopped. */
  events(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<WatcherEvent>
  /**
   * Resolves when all blocks up to this height have been looked at for all scripts.
   * @throws NodeError `timeout`, `stopped`.
   */
  waitForHeight(height: number, options?: CallOptions): Promise<void>
  /**
   * Looks at no more, and lets go of everything.
   * @throws NodeError where the last state is not in the store.
   */
  stop(): Promise<void>
}
