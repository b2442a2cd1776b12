import type { Txid } from '@sapwood/wire-codec'
import type { BlockRef } from '../index.ts'
import type { WatchedTransaction, WatchedTransactionEnd } from './watched-transaction.ts'

/**
 * What a watcher tells of: the whole of what has changed each time, so that a program which puts a
 * transaction into a map, and takes it out again, has what the watcher has.
 */
export type WatcherEvent =
  /**
   * A transaction is known, or something about it has changed: it has come into a block, or one has been
   * taken back by a reorg (`block` is absent then).
   */
  | { readonly type: 'transaction'; readonly transaction: WatchedTransaction }
  /** A transaction is known no more. */
  | { readonly type: 'transaction-gone'; readonly txid: Txid; readonly why: WatchedTransactionEnd }
  /** All that the blocks up to this one hold has been told. After a reorg it may be lower than before. */
  | { readonly type: 'position'; readonly position: BlockRef }
