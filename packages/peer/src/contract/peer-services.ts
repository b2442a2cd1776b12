import type {
  Block,
  BlockHash,
  BlockHeader,
  GossipedAddress,
  InventoryVector,
  Transaction,
  UtreexoProofRequest,
} from '@sapwood/wire-codec'
import type { PeerId } from './peer-id.ts'
import type {
  CompactFilter,
  CompactFilterCheckpoints,
  CompactFilterHeaders,
  TransactionId,
} from './request-map.ts'

type MaybePromise<T> = T | Promise<T>

/** Which connection asks; `signal` fires when it ends. */
export interface ServingContext {
  readonly peer: PeerId
  readonly signal: AbortSignal
  /**
   * Does a piece of an answer's work once it is the remote's turn, and counts what it takes as the remote's.
   * What a service does before it waits for anything is counted by itself; for what takes milliseconds after
   * that, such as decoding a block that was read, there is this. Absent: nobody counts.
   */
  readonly work?: <T>(task: () => T) => Promise<T>
}

/** A refusal that ends the connection, for requests that Core answers so (unknown stop block, bad range). */
export interface InvalidRequest {
  readonly invalid: string
}

/** Which headers a remote asks for. */
export interface HeadersQuery {
  /** At most 101 hashes, from the remote's tip backwards. */
  readonly locator: readonly BlockHash[]
  /** All zeros: no stop. */
  readonly stopHash: BlockHash
}

/** Which filters a remote asks for (BIP157). */
export interface CompactFilterQuery {
  readonly filterType: number
  readonly startHeight: number
  readonly stopHash: BlockHash
}

/**
 * What an owner serves to a remote. A method that is absent is a service that is not offered; the remote is
 * then answered as Bitcoin Core answers it. Methods are called one at a time for each connection.
 */
export interface PeerServices {
  /**
   * Headers after the first locator hash in the best chain, at most 2,000; none at the tip. Absent: `headers`
   * is empty.
   */
  headers?(query: HeadersQuery, context: ServingContext): MaybePromise<readonly BlockHeader[]>
  /** Block hashes after the first locator hash in the best chain, at most 500 (`getblocks`). */
  blockHashes?(query: HeadersQuery, context: ServingContext): MaybePromise<readonly BlockHash[]>
  /** A block, or its serialisation with witness data; undefined where it is not known. */
  block?(hash: BlockHash, context: ServingContext): MaybePromise<Block | Uint8Array | undefined>
  /** A block as a `cmpctblock` payload (BIP152), or undefined to send the whole block instead. */
  compactBlock?(hash: BlockHash, context: ServingContext): MaybePromise<Uint8Array | undefined>
  /**
   * The transactions at `indexes` of a block (`getblocktxn`); `whole-block` to send all of it instead, as
   * Core does for one that is further down.
   */
  blockTransactions?(
    query: { readonly blockHash: BlockHash; readonly indexes: readonly number[] },
    context: ServingContext,
  ): MaybePromise<readonly Transaction[] | InvalidRequest | 'whole-block' | undefined>
  /** A transaction that has been announced to this remote, or its serialisation with witness data. */
  transaction?(id: TransactionId, context: ServingContext): MaybePromise<Transaction | Uint8Array | undefined>
  /** What `mempool` (BIP35) is answered with. Absent: a `mempool` message ends the connection. */
  mempool?(context: ServingContext): MaybePromise<readonly InventoryVector[]>
  /**
   * BIP157 filters from `startHeight` to the stop block, fewer than 1,000: all at once, or each when the
   * remote has taken those before it. Absent: the request ends the connection. Undefined, in the next two: it
   * goes unanswered.
   */
  compactFilters?(
    query: CompactFilterQuery,
    context: ServingContext,
  ): MaybePromise<readonly CompactFilter[] | AsyncIterable<CompactFilter> | InvalidRequest>
  compactFilterHeaders?(
    query: CompactFilterQuery,
    context: ServingContext,
  ): MaybePromise<CompactFilterHeaders | InvalidRequest | undefined>
  compactFilterCheckpoints?(
    query: Omit<CompactFilterQuery, 'startHeight'>,
    context: ServingContext,
  ): MaybePromise<CompactFilterCheckpoints | InvalidRequest | undefined>
  /**
   * The payload of the `uproof` that answers a `getuproof` (Utreexo); undefined for a block that cannot be
   * proved, where nothing is sent, as utreexod does. Absent: the request is handed on to the owner.
   */
  utreexoProof?(request: UtreexoProofRequest, context: ServingContext): MaybePromise<Uint8Array | undefined>
  /**
   * The payload of the `uroot` that answers a `geturoot` (Utreexo); as `utreexoProof` where there is none,
   * and where this is absent.
   */
  utreexoRoots?(hash: BlockHash, context: ServingContext): MaybePromise<Uint8Array | undefined>
  /** At most 1,000 addresses; asked once for each inbound connection. Absent: `getaddr` goes unanswered. */
  addresses?(context: ServingContext): MaybePromise<readonly GossipedAddress[]>
}

/** The remote's requests that `PeerServices` answer. */
export type ServedType =
  | 'getheaders'
  | 'getblocks'
  | 'getdata'
  | 'getaddr'
  | 'mempool'
  | 'getblocktxn'
  | 'getcfilters'
  | 'getcfheaders'
  | 'getcfcheckpt'
  | 'getuproof'
  | 'geturoot'
