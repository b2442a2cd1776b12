import type {
  Block,
  BlockHash,
  BlockHeader,
  GossipedAddress,
  Hash256,
  InventoryVector,
  Transaction,
  Txid,
  UtreexoProof,
  UtreexoProofRequest,
  UtreexoRoots,
  UtreexoTtls,
  UtreexoTtlsRequest,
  Wtxid,
} from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'

/** A block as it arrived. */
export interface ReceivedBlock {
  readonly hash: BlockHash
  /** It carries its bytes: `blockBytes` of it is a view into the message that it came in. */
  readonly block: Block
  /** When it was read from the connection. */
  readonly at: Instant
}

/**
 * A block as it arrived, its transactions not looked at: only the hash of its first 80 bytes has been
 * checked.
 */
export interface RawBlock extends Omit<ReceivedBlock, 'block'> {
  /** The serialised block: a view into the message it came in. */
  readonly payload: Uint8Array
}

/** Which transaction: by its hash without the witness, or with it (BIP339). */
export type TransactionId =
  | { readonly kind: 'txid'; readonly hash: Txid }
  | { readonly kind: 'wtxid'; readonly hash: Wtxid }

/** The answer to a request for transactions. */
export interface TransactionsReply {
  readonly transactions: readonly Transaction[]
  /** Those that the remote said it does not have. */
  readonly notFound: readonly TransactionId[]
}

/** A BIP157 filter of one block. */
export interface CompactFilter {
  readonly filterType: number
  readonly blockHash: BlockHash
  readonly filter: Uint8Array
}

/** BIP157 `cfheaders`. */
export interface CompactFilterHeaders {
  readonly filterType: number
  readonly stopHash: BlockHash
  readonly previousFilterHeader: Hash256
  readonly filterHashes: readonly Hash256[]
}

/** BIP157 `cfcheckpt`: the filter header of every 1,000th block. */
export interface CompactFilterCheckpoints {
  readonly filterType: number
  readonly stopHash: BlockHash
  readonly filterHeaders: readonly Hash256[]
}

/** The answer to a ping. */
export interface PingReply {
  /** Milliseconds from our `ping` leaving to its `pong` being read. */
  readonly roundTrip: number
}

/** Every request with its parameters and its reply: one typed map. */
export interface RequestMap {
  /** Headers after the first hash of the locator that the remote knows; at most 2,000, none at its tip. */
  getHeaders: {
    readonly parameters: {
      /** Block hashes from the tip backwards; at most 101. */
      readonly locator: readonly BlockHash[]
      /** The last header wanted; as many as fit when absent. */
      readonly stopHash?: BlockHash
    }
    readonly reply: readonly BlockHeader[]
  }
  /** Blocks, each delivered as it arrives, in whatever order the remote chooses. */
  getBlocks: {
    readonly parameters: {
      readonly hashes: readonly BlockHash[]
      /** With witness data (BIP144). Default: true. */
      readonly witness?: boolean | undefined
      /** Blocks asked for and not yet taken by the caller, at most. Default: 16, as in Core. */
      readonly window?: number | undefined
    }
    readonly reply: AsyncIterable<ReceivedBlock>
  }
  /** The same without decoding, for an owner that stores blocks or decodes them elsewhere. */
  getRawBlocks: {
    readonly parameters: RequestMap['getBlocks']['parameters']
    readonly reply: AsyncIterable<RawBlock>
  }
  getTransactions: {
    readonly parameters: {
      /** At most 50,000. */
      readonly ids: readonly TransactionId[]
    }
    readonly reply: TransactionsReply
  }
  /**
   * The remote's known addresses, at most 1,000 at a time. Bitcoin Core answers once for a connection, only
   * where it is the one dialled, and not at all when it knows none. Shares the `getaddr` that the handshake
   * may have sent.
   */
  getAddresses: { readonly parameters: object; readonly reply: readonly GossipedAddress[] }
  /** BIP35: announcements of what is in the remote's mempool. A remote with an empty one stays silent. */
  getMempool: { readonly parameters: object; readonly reply: readonly InventoryVector[] }
  ping: { readonly parameters: object; readonly reply: PingReply }
  /** BIP157 filters, each delivered as it arrives; the last is the stop block's. */
  getCompactFilters: {
    readonly parameters: {
      /** Default: 0, the basic filter of BIP158. */
      readonly filterType?: number
      readonly startHeight: number
      /** At most 999 blocks above `startHeight`. */
      readonly stopHash: BlockHash
    }
    readonly reply: AsyncIterable<CompactFilter>
  }
  getCompactFilterHeaders: {
    readonly parameters: {
      readonly filterType?: number
      readonly startHeight: number
      /** At most 1,999 blocks above `startHeight`. */
      readonly stopHash: BlockHash
    }
    readonly reply: CompactFilterHeaders
  }
  getCompactFilterCheckpoints: {
    readonly parameters: { readonly filterType?: number; readonly stopHash: BlockHash }
    readonly reply: CompactFilterCheckpoints
  }
  /**
   * The Utreexo proof of a block, from a remote that keeps one (services `UTREEXO`, `UTREEXO_ARCHIVE`). One
   * that does not give it says nothing: only the timeout tells. It begins anew with each answer to an earlier
   * one: proofs come one after the other, and on a slow line the last of many comes late. While it is open
   * the remote may send a `uproof` of more than 4,000,000 bytes.
   */
  getUtreexoProof: {
    readonly parameters: { readonly request: UtreexoProofRequest }
    readonly reply: UtreexoProof
  }
  /**
   * The state of the Utreexo accumulator after a block, with the proof that the remote's chain of states has
   * it.
   */
  getUtreexoRoots: { readonly parameters: { readonly blockHash: BlockHash }; readonly reply: UtreexoRoots }
  /**
   * When the outputs of some blocks die, as a commitment has it. Matched by the height of the first block.
   */
  getUtreexoTtls: {
    readonly parameters: { readonly request: UtreexoTtlsRequest }
    readonly reply: UtreexoTtls
  }
  /** BIP152: transactions of a block by their indexes, to complete a compact block. */
  getBlockTransactions: {
    readonly parameters: { readonly blockHash: BlockHash; readonly indexes: readonly number[] }
    readonly reply: readonly Transaction[]
  }
}

/** The requests by their names. */
export type RequestType = keyof RequestMap
/** What a request of this type takes. */
export type ParametersOf<Type extends RequestType> = RequestMap[Type]['parameters']
/** What a request of this type gives. */
export type ReplyOf<Type extends RequestType> = RequestMap[Type]['reply']

/** One request by its type. */
export type NodeRequestOf<Type extends RequestType> = { readonly type: Type } & ParametersOf<Type>
/** What the owner asks of a peer. */
export type NodeRequest = { readonly [Type in RequestType]: NodeRequestOf<Type> }[RequestType]

type ReplyHandles = {
  readonly [Type in RequestType]: ReplyOf<Type> extends AsyncIterable<unknown>
    ? ReplyOf<Type>
    : Promise<ReplyOf<Type>>
}
/** What a request gives at once: a stream's reply is the stream itself, any other a promise of it. */
export type ReplyHandle<Type extends RequestType> = ReplyHandles[Type]

/** What every request takes. */
export interface RequestOptions {
  /** Gives up on the request; it then rejects with the signal's reason. The connection goes on. */
  readonly signal?: AbortSignal
  /** Milliseconds for an answer. For streams: for the next element. Default: `timeouts.request`, 60,000. */
  readonly timeout?: number
}

/** How a request ended. `aborted`: its owner gave it up; `refused`: it was never put to the remote. */
export type RequestOutcome =
  | 'answered'
  | 'not-found'
  | 'malformed'
  | 'timeout'
  | 'aborted'
  | 'refused'
  | 'disconnected'
