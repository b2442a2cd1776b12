import type { BlockHash, OutPoint, Txid } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'

/** The block that holds a transaction. */
export interface TransactionBlock {
  readonly height: number
  readonly hash: BlockHash
}

/** An output that pays to a watched script. */
export interface WatchedPayment {
  readonly index: number
  /** Satoshi. */
  readonly value: bigint
  readonly scriptPubKey: Uint8Array
}

/** An input that spends an output which pays to a watched script. */
export interface WatchedSpend {
  /** Which input. */
  readonly input: number
  readonly outPoint: OutPoint
  /** Satoshi. */
  readonly value: bigint
  readonly scriptPubKey: Uint8Array
}

/** A transaction that pays to watched scripts, or spends from them. */
export interface WatchedTransaction {
  readonly txid: Txid
  /**
   * The block of the best chain that holds it. Absent: none does, and nobody has checked that it can ever be
   * in one.
   */
  readonly block?: TransactionBlock
  readonly isCoinbase: boolean
  readonly payments: readonly WatchedPayment[]
  readonly spends: readonly WatchedSpend[]
  /** All that it spends, watched or not. */
  readonly inputs: readonly OutPoint[]
  /** When it was first heard of, or was taken back by a reorg. */
  readonly since: WallTime
  /** Whether it was given to `broadcast`. */
  readonly isOwn: boolean
}

/** Why a transaction is known no more. */
export type WatchedTransactionEnd =
  /** A block holds another that spends one of its inputs. */
  | 'conflict'
  /** A coinbase, or what spends from one, whose block is not in the best chain any more. */
  | 'coinbase-gone'
  /** In no block for 14 days (Core, `DEFAULT_MEMPOOL_EXPIRY_HOURS`). */
  | 'expired'
  /** There were too many that no block holds. */
  | 'crowded-out'
  /** Its scripts are watched no more. */
  | 'unwatched'
  /** Its broadcast was cancelled. */
  | 'cancelled'

/** An output that pays to a watched script and that no block is known to spend. */
export interface UnspentOutput extends WatchedPayment {
  readonly txid: Txid
  /** Absent where no block holds its transaction. */
  readonly block?: TransactionBlock
  /** Blocks from that one to the last that has been looked at; 0 without a block. */
  readonly confirmations: number
  /** Such an output cannot be spent before it has 100 confirmations. */
  readonly isCoinbase: boolean
  /** A transaction that spends it and is in no block. Nobody has checked it. */
  readonly spentBy?: Txid
}
