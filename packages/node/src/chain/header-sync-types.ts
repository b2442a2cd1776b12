import type { BlockHash, BlockHeader } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { ChainSyncDuty } from './chain-sync-guard.ts'
import type { ChainEntry, TipChange } from './header-chain-types.ts'
import type { PeerAction } from './peer-action.ts'
import type { PeerId } from '@sapwood/peer'

/** What the header sync needs to know of a peer when its handshake is done. */
export interface HeaderPeer {
  /** Outbound and not a feeler: preferred as the sync peer. */
  readonly preferred: boolean
  /** Not to be let go for being slow (a manual peer, or one with the `noban` permission). */
  readonly protected: boolean
  /** Whether it is let go where its chain stays behind ours. */
  readonly chainSync: ChainSyncDuty
  /** Height that its `version` claimed. */
  readonly startHeight: number
}

export type HeaderSyncAction =
  | PeerAction
  | { readonly type: 'tip-changed'; readonly change: TipChange }
  /** The peer is known to have this block and all before it (feed it to the block download). */
  | { readonly type: 'peer-has'; readonly peer: PeerId; readonly hash: BlockHash }

/**
 * Who is asked for headers, and what is done with the answers. Pure: events in, actions out; `now` with each event.
 */
export interface HeaderSync {
  /** A peer's handshake is done (full relay, block relay or inbound; not feelers nor address fetches). */
  addPeer(peer: PeerId, facts: HeaderPeer, now: Instant): HeaderSyncAction[]
  removePeer(peer: PeerId, now: Instant): HeaderSyncAction[]
  /** A `headers` message, asked for or not. */
  onHeaders(peer: PeerId, headers: readonly BlockHeader[], now: Instant): HeaderSyncAction[]
  /**
   * The header of a `block` or `cmpctblock`, asked for or not: news, and no answer to a `getheaders`. One whose parent is not known is a
   * fault of a `block` (Core: BLOCK_MISSING_PREV), and brings the question for what lies between where it is compact.
   */
  onBlockHeader(peer: PeerId, header: BlockHeader, viaCompact: boolean, now: Instant): HeaderSyncAction[]
  /** Block hashes of an `inv`. */
  onBlockInventory(peer: PeerId, hashes: readonly BlockHash[], now: Instant): HeaderSyncAction[]
  /** Call about once a second. */
  tick(now: Instant): HeaderSyncAction[]
  /** Whether the peer once showed a chain as good as ours, and is one of the four that are kept for it. */
  isExcused(peer: PeerId): boolean
  /** The block with the most work that the peer is known to have. */
  bestOf(peer: PeerId): ChainEntry | undefined
  /** The peer that headers come from during the first sync. */
  readonly syncPeer: PeerId | undefined
  /** Whether the sync peer has no more headers for us: what it told of has been asked for and accepted. */
  readonly caughtUp: boolean
}
