import type {
  AnyMessage,
  BlockHash,
  BlockHeader,
  GossipedAddress,
  InventoryVector,
  Message,
  Transaction,
} from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { PeerEventSource } from './peer-events.ts'
import type { PeerId } from './peer-id.ts'
import type { ConnectionKind } from './connection-kind.ts'
import type { Blame, DisconnectReport, PeerState } from './disconnect-reason.ts'
import type {
  CompactFilter,
  CompactFilterCheckpoints,
  CompactFilterHeaders,
  NodeRequestOf,
  ParametersOf,
  PingReply,
  RawBlock,
  ReceivedBlock,
  ReplyHandle,
  RequestOptions,
  RequestType,
  TransactionId,
  TransactionsReply,
} from './request-map.ts'
import type { ChainProgress, PeerInfo } from './peer-info.ts'
import type { PeerNotification } from './peer-message.ts'
import type { PeerVersion } from './peer-version.ts'

/** Why the owner ends a connection. */
export interface DisconnectRequest {
  /** The owner's word for why; reported as it is. Default: 'done'. */
  readonly detail?: string
  /** What it says about the remote. Default: 'none'. */
  readonly blame?: Blame
}

/**
 * One connection. It starts by itself, answers what the protocol wants answered, and ends with one typed
 * reason. Requests made before the handshake is done wait for it. None of the methods throws because of the
 * remote. `Own`: the program's own messages, as the codecs of its registry give them.
 */
export interface Peer<Own extends AnyMessage = never> {
  readonly id: PeerId
  readonly kind: ConnectionKind
  readonly state: PeerState | 'closed'
  /**
   * The shortest round trip of a ping so far, in milliseconds; as in `info()`, without making the rest of it.
   */
  readonly minimumPing: number | undefined
  /**
   * Since when what it has sent is read more slowly than it comes because it had its share of our work
   * (`limits.work`), by the clock of the connection; undefined while we keep up.
   */
  readonly behindSince: Instant | undefined
  /**
   * Resolves when the version handshake is done; rejects with a `PeerError` (`disconnected`) when it fails.
   */
  readonly handshake: Promise<PeerVersion>
  /** Resolves when the connection has ended. Never rejects. */
  readonly closed: Promise<DisconnectReport>
  readonly events: PeerEventSource<Own>

  info(): PeerInfo
  /**
   * What the peer has to tell, for an owner that gave no `notifications` channel. One reader; while it does
   * not read, the socket is not read either.
   */
  messages(): AsyncIterable<PeerNotification<Own>>

  /**
   * Sends a message as it is. What it asks for comes as messages, marked as requested.
   * @returns false when more is queued than the remote has taken: `await ready()` before sending more.
   */
  send(message: Message | Own): boolean
  /** Resolves when the remote has taken enough of what was sent; rejects when the connection ends. */
  ready(): Promise<void>

  /** Any request by its type; the methods below are the same by name. */
  request<Type extends RequestType>(request: NodeRequestOf<Type>, options?: RequestOptions): ReplyHandle<Type>
  getHeaders(
    parameters: ParametersOf<'getHeaders'>,
    options?: RequestOptions,
  ): Promise<readonly BlockHeader[]>
  getBlock(hash: BlockHash, options?: RequestOptions): Promise<ReceivedBlock>
  /**
   * @returns The blocks as they arrive. Ends with `PeerError` `not-found` or `timeout`, whose `missing` lists
   * what did not come, after everything that did. Leaving the loop early withdraws what was not yet asked
   * for.
   */
  getBlocks(
    hashes: readonly BlockHash[],
    options?: RequestOptions & Omit<ParametersOf<'getBlocks'>, 'hashes'>,
  ): AsyncIterable<ReceivedBlock>
  /** The same without decoding. */
  getRawBlocks(
    hashes: readonly BlockHash[],
    options?: RequestOptions & Omit<ParametersOf<'getRawBlocks'>, 'hashes'>,
  ): AsyncIterable<RawBlock>
  getTransactions(ids: readonly TransactionId[], options?: RequestOptions): Promise<TransactionsReply>
  getAddresses(options?: RequestOptions): Promise<readonly GossipedAddress[]>
  getMempool(options?: RequestOptions): Promise<readonly InventoryVector[]>
  ping(options?: RequestOptions): Promise<PingReply>
  getCompactFilters(
    parameters: ParametersOf<'getCompactFilters'>,
    options?: RequestOptions,
  ): AsyncIterable<CompactFilter>
  getCompactFilterHeaders(
    parameters: ParametersOf<'getCompactFilterHeaders'>,
    options?: RequestOptions,
  ): Promise<CompactFilterHeaders>
  getCompactFilterCheckpoints(
    parameters: ParametersOf<'getCompactFilterCheckpoints'>,
    options?: RequestOptions,
  ): Promise<CompactFilterCheckpoints>
  getBlockTransactions(
    parameters: ParametersOf<'getBlockTransactions'>,
    options?: RequestOptions,
  ): Promise<readonly Transaction[]>

  getUtreexoProof(
    parameters: ParametersOf<'getUtreexoProof'>,
    options?: RequestOptions,
  ): ReplyHandle<'getUtreexoProof'>
  getUtreexoRoots(
    parameters: ParametersOf<'getUtreexoRoots'>,
    options?: RequestOptions,
  ): ReplyHandle<'getUtreexoRoots'>
  getUtreexoTtls(
    parameters: ParametersOf<'getUtreexoTtls'>,
    options?: RequestOptions,
  ): ReplyHandle<'getUtreexoTtls'>

  /** Tells `info()` how far the owner has followed the remote's chain. */
  setChainProgress(progress: Partial<ChainProgress>): void
  /**
   * Ends the connection, after what is queued has left. Resolves when it has ended. A second call changes
   * nothing. What the remote said, and has found no room in the owner's channel, is dropped.
   */
  disconnect(request?: DisconnectRequest): Promise<DisconnectReport>
  [Symbol.asyncDispose](): Promise<void>
}
