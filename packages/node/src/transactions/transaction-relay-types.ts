import type { Block, InventoryVector, Transaction, Txid, Wtxid } from '@sapwood/wire-codec'
import type { PeerId, TransactionId } from '@sapwood/peer'
import type { Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import type { PeerAction } from '../chain/peer-action.ts'

/** What the transaction relay needs to know of a peer when its handshake is done. */
export interface TransactionPeer {
  /**
   * Whether it wants to hear of transactions: `relay` in its `version`,
   * and not a block-relay-only connection.
   */
  readonly relays: boolean
  /** Whether it may announce transactions to us: what we said of it in our own `version`. */
  readonly mayAnnounce: boolean
  /** Dialled by us: announced to sooner, asked first. */
  readonly outbound: boolean
  /** Both sides have sent `wtxidrelay` (BIP339). */
  readonly wtxidRelay: boolean
  /** The protocol version that both sides speak. */
  readonly commonVersion: number
}

/** How a broadcast stands. */
export interface BroadcastState {
  readonly txid: Txid
  readonly wtxid: Wtxid
  readonly transaction: Transaction
  /** Peers that it was announced to. */
  readonly announcedTo: number
  /** Peers that asked for it and were given it. */
  readonly requestedBy: number
  /**
   * Peers that are known to have it from elsewhere: they announced it before the broadcast began, or were not
   * told of it and announced it. One that was told proves nothing by announcing it back, nor does a stranger
   * that dialled us while there are peers of our own choice.
   */
  readonly seenFrom: number
  /** How often it was announced to all. */
  readonly rounds: number
  /** Found in a block. */
  readonly confirmed: boolean
}

export type TransactionAction =
  | PeerAction
  /** A transaction that was not known before is in the pool. Nobody has checked its scripts or its inputs. */
  | { readonly type: 'transaction-heard'; readonly peer: PeerId; readonly heard: HeardTransaction }
  /** Something about a broadcast changed. */
  | { readonly type: 'broadcast-changed'; readonly state: BroadcastState }

/** A transaction in the pool of what was heard. */
export interface HeardTransaction {
  readonly transaction: Transaction
  readonly txid: Txid
  readonly wtxid: Wtxid
  /** Bytes with witness. */
  readonly size: number
  /** When it arrived. */
  readonly at: WallTime
}

/** How much of what was heard is kept. */
export interface PoolSize {
  readonly transactions: number
  /** Serialized, with witnesses. */
  readonly bytes: number
  /** Memory that they take, about, in bytes: what the pool is bounded by. */
  readonly usage: number
}

/** Which transactions a subscriber wants to hear of. Any of the conditions will do. */
export interface TransactionFilter {
  /** Pays to one of these scripts. */
  readonly scripts?: readonly Uint8Array[]
  /** Is one of these, or spends an output of one. */
  readonly txids?: readonly Txid[]
}

export interface BroadcastOptions {
  /** Satoshi per 1,000 virtual bytes: with it, peers whose `feefilter` is above are not bothered. */
  readonly feeRate?: bigint
}

/** What is asked of whom, what is told to whom, and what was heard. Pure: events in, actions out. */
export interface TransactionRelay {
  addPeer(peer: PeerId, facts: TransactionPeer, now: Instant): TransactionAction[]
  removePeer(peer: PeerId, now: Instant): TransactionAction[]
  /** An `inv`; entries that are not transactions are passed over. */
  onInventory(peer: PeerId, inventory: readonly InventoryVector[], now: Instant): TransactionAction[]
  onTransaction(peer: PeerId, transaction: Transaction, now: Instant): TransactionAction[]
  onNotFound(peer: PeerId, inventory: readonly InventoryVector[], now: Instant): TransactionAction[]
  onFeeFilter(peer: PeerId, feeRate: bigint): void
  /** A block of the best chain: what it holds is not waited for any more. */
  onBlock(block: Block, now: Instant): TransactionAction[]
  /**
   * What `getdata` of this peer is answered with (`PeerServices.transaction`): only what was announced to it.
   */
  serve(
    peer: PeerId,
    id: TransactionId,
  ): { readonly transaction?: Transaction; readonly actions: TransactionAction[] }
  /** Call about once a second, and more often for finer timing of announcements. */
  tick(now: Instant): TransactionAction[]
  /**
   * Begins to announce a transaction: to everybody, and again until a peer that was not told shows that it
   * has it, or it is found in a block.
   */
  broadcast(transaction: Transaction, options: BroadcastOptions, now: Instant): TransactionAction[]
  /** Announces it no longer. @returns false when there was no such broadcast. */
  cancelBroadcast(txid: Txid): boolean
  broadcasts(): BroadcastState[]
  /** A transaction in the pool, or one that is being broadcast. */
  get(txid: Txid): HeardTransaction | undefined
  /**
   * Calls back for each transaction that is heard and passes the filter, from now on.
   * @returns what ends it.
   */
  subscribe(filter: TransactionFilter, listener: (heard: HeardTransaction) => void): () => void
  /** All transactions in the pool: what compact blocks are put together from. */
  transactions(): Iterable<Transaction>
  /** What the pool holds. */
  pool(): PoolSize
}
