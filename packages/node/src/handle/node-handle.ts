import type {
  AnyMessage,
  BlockHash,
  BlockHeader,
  GossipedAddress,
  Hash256,
  PeerAddress,
  Transaction,
  Txid,
} from '@sapwood/wire-codec'
import type {
  ConnectionKind,
  DisconnectReport,
  PeerEventSource,
  PeerId,
  PeerInfo,
  PeerVersion,
} from '@sapwood/peer'
import type { AddressCounts, AddressInfo } from '../addresses/address-info.ts'
import type { BanEntry } from '../addresses/ban-list.ts'
import type { DeliveredBlock } from '../blocks/block-download-action.ts'
import type { StoredBlocks } from '../blocks/block-store.ts'
import type { BlockStreamItem } from '../blocks/block-stream-item.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { HeaderBelow } from '../chain/headers-below.ts'
import type { FilteredBlocks, FilterPosition } from '../filters/filtered-block-item.ts'
import type { VerifiedFilter } from '../filters/filter-stream.ts'
import type { BroadcastOptions, BroadcastState } from '../transactions/own-broadcast.ts'
import type { PrivateBroadcastState } from '../transactions/private-broadcast.ts'
import type { HeardTransaction, PoolSize, TransactionFilter } from '../transactions/transaction-pool.ts'
import type { ServiceOffer } from '../connections/service-table.ts'
import type { ProvedItem } from '../utreexo/proved-item.ts'
import type { NodeEventSource } from './node-events.ts'
import type { NodeInfo } from './node-info.ts'
import type { NodePeer } from './node-peer.ts'

/** What every call that waits for the network takes. */
export interface CallOptions {
  /** Gives up; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Milliseconds. Default: `timeouts.call` of the node, 60,000. */
  readonly timeout?: number
}

/** Headers, forks included. Reads only; nothing waits. */
export type ChainAccess = Pick<
  HeaderChain,
  | 'tip'
  | 'headerAt'
  | 'hashAt'
  | 'heightOf'
  | 'get'
  | 'isActive'
  | 'forkPoint'
  | 'medianTimePast'
  | 'locator'
  | 'base'
  | 'headersAfter'
  | 'size'
> & {
  /** Resolves when the best chain is at least this high. */
  waitForHeight(height: number, options?: CallOptions): Promise<void>
  /** Resolves when no peer has headers left that we lack. */
  waitForSync(options?: CallOptions): Promise<void>
  /** Checks headers in their place and keeps them, as if a peer had sent them. */
  submitHeaders(headers: readonly BlockHeader[]): Promise<{ readonly accepted: number }>
  /**
   * Headers below `base` (`checkpoint`), from the one before it down to a height, asked of peers as they are
   * taken: a round trip for each. Each is the one whose hash the header above it names, so that nobody need
   * be believed; nothing of them is kept. Waits for a peer that has it for as long as that takes.
   * @throws NodeError `invalid-argument` where the height is not below `base`; at the first header that is
   * waited for the signal's reason, or `stopped`.
   */
  headersBelow(
    to: number,
    options?: Pick<CallOptions, 'signal'>,
  ): AsyncIterableIterator<HeaderBelow, undefined>
}

/**
 * Blocks, each with its header, merkle root, witness commitment, weight and coinbase height checked: from the
 * block store where it has them (`components.blockStore`), else from peers.
 */
export interface BlockAccess {
  /**
   * One block, on the best chain or not, from any peer that has it.
   * @throws NodeError `block-unavailable` where at the deadline no peer that is connected has it; `timeout`,
   * `unknown-block`, `invalid-block`.
   */
  getBlock(hash: BlockHash, options?: CallOptions): Promise<DeliveredBlock>
  /**
   * Blocks of the best chain from one height to another, in order. The next is fetched while you work. While
   * no peer has the next one the stream waits: the event `block-unavailable` says so.
   */
  range(
    range: { readonly from: number; readonly to: number },
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<DeliveredBlock>
  /**
   * Takes a block that the program found to break a rule, and all that build on it, out of the chain for
   * good, and ends the connection that it came from, as for every invalid block.
   */
  refuse(block: Pick<DeliveredBlock, 'height' | 'hash' | 'peer'>, rule: string): void
  /** Blocks of the best chain from a height on, for ever, with reorgs. */
  follow(
    from: { readonly from: number },
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<BlockStreamItem>
  /** What the block store has (`components.blockStore`): nothing where there is none. */
  stored(): StoredBlocks
}

/**
 * Compact block filters (BIP157, BIP158), each held against a chain of filter headers that the peers agree
 * on. What they do not agree on is settled by the block itself, as far as it can be: scripts that a block
 * spends from are not in it. Off unless the node was made with `filters: true`; every call then rejects with
 * `filters-off`. Headers are kept in the store, and in memory, 32 bytes each, from block 0 up to the highest
 * that was asked for: peers are asked for what came since.
 */
export interface FilterAccess {
  /**
   * The filter header of a block of the best chain, 32 bytes in wire order;
   * waits for the chain to be that high.
   * @throws NodeError `no-filter-peer`, `filters-disputed`, `block-unavailable`, `timeout`.
   */
  headerAt(height: number, options?: CallOptions): Promise<Hash256>
  /**
   * Filters of the best chain from one height to another, in order;
   * the next are asked for when you have taken these.
   */
  range(
    range: { readonly from: number; readonly to: number },
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<VerifiedFilter>
  /**
   * Blocks of the best chain that may pay to one of the scripts or spend from it, in order: certainly all
   * that do, and one in 784,931 scripts that does not. `blocks.getBlock` fetches them.
   * @param query.scripts `scriptPubKey`s.
   */
  scan(
    query: { readonly scripts: readonly Uint8Array[]; readonly from: number; readonly to: number },
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<{ readonly height: number; readonly hash: BlockHash }>
  /**
   * Blocks of the best chain that may concern the scripts, for ever, with reorgs: each with its block, in
   * order, and with a word on how far the others have been passed. Nothing is lost where the chain moves
   * meanwhile, nor where peers go: it waits for others. Scripts may be added and removed between any two
   * items; all of them cost one pass of each filter.
   * @param query.scripts `scriptPubKey`s to begin with. Default: none; blocks are passed without their
   * filters then.
   * @param query.from The first height, or `position` of an earlier stream, after which this one goes on:
   * what has left the chain since comes as a reorg first.
   * @throws NodeError `filters-off`, `invalid-argument`; from the stream `unknown-block` where `from` was
   * never in a chain that this node knows, `filters-replaced` where an earlier stream passed false filters,
   * `stopped`, what the store of blocks throws.
   */
  follow(
    query: { readonly scripts?: readonly Uint8Array[]; readonly from: number | FilterPosition },
    options?: { readonly signal?: AbortSignal },
  ): FilteredBlocks
}

/** Where the proving of blocks stands. */
export interface UtreexoStateView {
  readonly height: number
  /** Of the last block that is proved. */
  readonly hash: BlockHash
  /** Leaves ever added. */
  readonly leaves: number
  /** The largest tree first, all zeros for one that is empty. They must not be changed. */
  readonly roots: readonly Uint8Array[]
}

/**
 * Blocks proved with the coins that they spend (Utreexo): a node that keeps a few hundred bytes of state and
 * no coins. Off unless the node was made with `utreexo`; every call then throws `utreexo-off`. What is
 * proved, and what is not, is in docs/guides/utreexo.md.
 */
export interface UtreexoAccess {
  /** Undefined until the store has been read. */
  state(): UtreexoStateView | undefined
  /**
   * Blocks of the best chain from a height on, each proved, with the spent output of every input, for ever,
   * with reorgs. Blocks that have been proved before are fetched and proved once more; those up to an assumed
   * state are not to be had. A program that does not take its blocks stops the proving.
   * @throws NodeError `invalid-argument`; from the stream `utreexo-refused`, `stopped`.
   */
  follow(
    from: { readonly from: number },
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<ProvedItem>
}

/** Transactions that are told to the network, and those that are heard from it. */
export interface TransactionAccess {
  /**
   * Announces a transaction to all peers, and again until it is seen back from one or found in a block.
   * @returns once it has come as far as `until` says, with what has happened in `outcome`. Unless told
   * otherwise that is when a peer has asked for it, or is known to have it. The broadcast goes on, also after
   * a deadline has passed; `cancelBroadcast` ends it.
   */
  broadcast(transaction: Transaction, options?: CallOptions & BroadcastOptions): Promise<BroadcastState>
  /**
   * Hands a transaction to three strangers over Tor or I2P, each on a connection that says nothing of this
   * node and is for that alone; and to one more every 2 to 3 minutes until an ordinary peer announces it, or
   * a block holds it. No ordinary peer is told of it or given it. Not kept over a restart.
   * @returns once a remote has taken it. The broadcast goes on, also after a deadline has passed;
   * `cancelBroadcast` ends it.
   * @throws NodeError before anything is sent: `no-private-route` where neither Tor nor I2P is reached, or
   * only the peers of `connect` are; `queue-full`; `invalid-argument` for what nobody would relay, and what
   * is being broadcast to all.
   */
  broadcastPrivately(transaction: Transaction, options?: CallOptions): Promise<PrivateBroadcastState>
  /** Private broadcasts whose transactions have not come back. */
  privateBroadcasts(): readonly PrivateBroadcastState[]
  /** Ends a broadcast, private or not. @returns false when there was no such broadcast. */
  cancelBroadcast(txid: Txid): Promise<boolean>
  broadcasts(): readonly BroadcastState[]
  /** A transaction that was heard or is being broadcast. */
  getTransaction(txid: Txid): HeardTransaction | undefined
  /** How much of what was heard is kept. */
  pool(): PoolSize
  /**
   * Transactions heard from now on that pay to one of the scripts, or are or spend one of the txids. Nobody
   * has checked their scripts or inputs. With an empty filter: none.
   * @param options.buffer Held for a program that does not keep up; older ones are dropped, and counted in
   * `dropped`. Default: 1,000.
   * @param options.bufferBytes Bytes of them. Default: 4,000,000.
   */
  subscribe(
    filter?: TransactionFilter,
    options?: { readonly signal?: AbortSignal; readonly buffer?: number; readonly bufferBytes?: number },
  ): TransactionSubscription
}

/** Transactions as they are heard. */
export interface TransactionSubscription extends AsyncIterableIterator<HeardTransaction> {
  /** How many were left out so far, since the program did not keep up. */
  readonly dropped: number
}

/** How a peer is connected to. */
export interface AddPeerOptions {
  /** `once`: one attempt, and no reconnect. Default: false. */
  readonly once?: boolean
  /** Default: `manual`. */
  readonly kind?: Exclude<ConnectionKind, 'inbound' | 'private-broadcast'>
}

/** A peer that the node keeps a connection to. */
export interface AddedPeer {
  readonly address: PeerAddress
  /** As text. */
  readonly text: string
  readonly connected?: PeerId
  /** Attempts that failed since it was last connected. */
  readonly failures: number
}

/** Connections: who is connected to, and who is not any more. */
export interface NetworkAccess {
  /** Every connection, those with the handshake under way included. */
  peers(): readonly PeerInfo[]
  /**
   * Connects to an address and keeps connecting to it.
   * @returns when the dial has begun; the events `peer-ready` and `connection-failed` say how it went, and
   * `connectPeer` waits for that.
   * @throws NodeError `invalid-address`, `already-added`, `already-connected`, `network-inactive`,
   * `unreachable-network`, `slots-full`.
   */
  addPeer(address: PeerAddress | string, options?: AddPeerOptions): Promise<PeerId>
  /**
   * As `addPeer`, resolving when the version handshake is done.
   * @throws NodeError `connection-failed` with its cause.
   */
  connectPeer(
    address: PeerAddress | string,
    options?: AddPeerOptions & CallOptions,
  ): Promise<{ readonly peer: PeerId; readonly version: PeerVersion }>
  /**
   * No longer keeps a connection to the address, and ends it where there is one.
   * @throws NodeError `not-added`.
   */
  removePeer(address: PeerAddress | string): Promise<void>
  addedPeers(): readonly AddedPeer[]
  /**
   * One peer, to ask and to tell what nothing else here does.
   * @throws NodeError `unknown-peer` where no connection of this id has its handshake behind it.
   */
  peer(id: PeerId): NodePeer
  /**
   * What happens on a connection: from the event `peer-connected` on, in whose turn nothing has been said yet
   * but our own `version`, which is told of too. A listener that throws ends the connection.
   * @throws NodeError `unknown-peer` where no connection of this id has its transport behind it.
   */
  peerEvents(id: PeerId): PeerEventSource<AnyMessage>
  /** Ends a connection, one whose handshake is under way too. @throws NodeError `unknown-peer`. */
  disconnectPeer(peer: PeerId, options?: { readonly detail?: string }): Promise<DisconnectReport | undefined>
  /**
   * Sends a ping to every peer; resolves when all have answered or ended,
   * with the round trips in milliseconds.
   */
  ping(options?: CallOptions): Promise<ReadonlyMap<PeerId, number>>
  /** Switches the network on or off: off ends every connection and dials nobody. */
  setActive(active: boolean): Promise<void>
  readonly active: boolean
  /** Where the node is being reached, as text. */
  listening(): readonly string[]
}

/** The address tables. */
export interface AddressAccess {
  counts(): AddressCounts
  get(address: PeerAddress | string): AddressInfo | undefined
  /** Random addresses, at most `count`. */
  sample(count: number): readonly AddressInfo[]
  /** Offers addresses to the tables, as a peer at `source` would. @returns how many were taken. */
  add(addresses: readonly GossipedAddress[], source: PeerAddress | string): Promise<number>
}

/** Bans of addresses and subnets. */
export interface BanAccess {
  /**
   * Bans an address or a subnet (`203.0.113.0/24`), and ends connections to it.
   * @param options.duration Milliseconds from now; `Infinity`: for ever. Default: 24 hours. `until` wins over
   * it.
   */
  ban(
    subnet: string,
    options?: { readonly duration?: number; readonly until?: Date; readonly reason?: string },
  ): Promise<BanEntry>
  /** @returns false when no such ban exists. */
  unban(subnet: string): Promise<boolean>
  bans(): readonly BanEntry[]
  clearBans(): Promise<void>
}

/** An offer that stands. */
export interface StandingOffer {
  /** There may be something to serve that there was not: looks soon, and not at the next tick. */
  recheck(): void
  /** Serves it no more. */
  withdraw(): void
}

/** What the node serves to its peers besides what it was made with. */
export interface ServingAccess {
  /**
   * Serves more from now on, as a bridge does. What the node was made with is asked first,
   * then offers in their order.
   * @throws NodeError `invalid-argument`.
   */
  offer(offer: ServiceOffer): StandingOffer
}

/** What a program holds of a running node. Each capability can be passed on, and mocked, alone. */
export interface NodeHandle extends AsyncDisposable {
  /** Headers, forks included. */
  readonly chain: ChainAccess
  /** Blocks: one by its hash, a range, or all of them in order with reorgs. */
  readonly blocks: BlockAccess
  /** Compact block filters (BIP157, BIP158); needs the option `filters`. */
  readonly filters: FilterAccess
  /** Our own transactions, those of others, and what was heard of. */
  readonly transactions: TransactionAccess
  /** Blocks proved with the coins that they spend; needs the option `utreexo`. */
  readonly utreexo: UtreexoAccess
  /** Peers and connections. */
  readonly network: NetworkAccess
  /** The address tables. */
  readonly addresses: AddressAccess
  /** Whom the node does not speak to, and until when. */
  readonly bans: BanAccess
  /** What happens; each connection that ends has its reason here. */
  readonly events: NodeEventSource
  /** What is served to peers from now on. */
  readonly serving: ServingAccess
  /** The whole node at a glance, in the words of Bitcoin Core's RPC. */
  info(): NodeInfo
  /** As `network.peers`. */
  peers(): readonly PeerInfo[]
  /** As `blocks.getBlock`. */
  getBlock(hash: BlockHash, options?: CallOptions): Promise<DeliveredBlock>
  /** As `network.addPeer`. */
  addPeer(address: PeerAddress | string, options?: AddPeerOptions): Promise<PeerId>
  /** As `network.disconnectPeer`. */
  disconnectPeer(peer: PeerId, options?: { readonly detail?: string }): Promise<DisconnectReport | undefined>
  /**
   * Ends every connection and stream, flushes the store and lets go of everything.
   * Later calls wait for the first.
   * @throws NodeError `store-full` and its sisters where the last of the state is not in the store; all else
   * has ended then too.
   */
  stop(): Promise<void>
}
