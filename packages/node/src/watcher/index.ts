export { createWatcher } from './create-watcher.ts'
export type {
  TransactionBlock,
  UnspentOutput,
  WatchedPayment,
  WatchedSpend,
  WatchedTransaction,
  WatchedTransactionEnd,
} from './watched-transaction.ts'
export type { WatchedNode, Watcher, WatcherComponents, WatcherOptions, WatchOptions } from './watcher.ts'
export type { WatcherEvent } from './watcher-event.ts'
