import type { Block, BlockHash, CompactBlock, Transaction } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/header-chain-types.ts'
import type { PeerAction } from '../chain/peer-action.ts'
import type { PeerId } from '@sapwood/peer'
import type { BlockFault, BlockRule } from './block-check.ts'

/** Names one ordered stream of blocks. */
export type StreamId = number & { readonly __brand: 'block-stream-id' }

/** What the block download needs to know of a peer when its handshake is done. */
export interface BlockPeer {
  /** NODE_NETWORK: all blocks. NODE_NETWORK_LIMITED alone: the last 288. Neither: none. */
  readonly serves: 'all' | 'recent' | 'none'
  /** Asked first (outbound). */
  readonly preferred: boolean
  /** Not to be let go for being slow. */
  readonly protected: boolean
}

/** A block that passed its checks, in its place in the chain. */
export interface DeliveredBlock {
  readonly height: number
  readonly hash: BlockHash
  /** `blockBytes` of it are those that it came in, but for a block that was put together from a compact one. */
  readonly block: Block
  /** Bytes of the serialised block, with witness. */
  readonly size: number
  /** Who sent it. */
  readonly peer: PeerId
}

/** A block whose content somebody has to check against its header, with `checkBlock`. */
export interface BlockToCheck {
  /** Who sent it. */
  readonly peer: PeerId
  readonly block: Block
  readonly height: number
}

export type BlockDownloadAction =
  | PeerAction
  /** To be checked elsewhere (`BlockDownloadComponents.checksElsewhere`), and answered by `onChecked`. */
  | ({ readonly type: 'check' } & BlockToCheck)
  /** In order within the stream. Call `consumed` when the program has taken it. */
  | { readonly type: 'deliver'; readonly stream: StreamId; readonly block: DeliveredBlock }
  /**
   * The best chain left blocks that the stream delivered: `disconnected` lists those, from the top down. The stream goes on
   * after `fork`.
   */
  | { readonly type: 'rewind'; readonly stream: StreamId; readonly change: TipChange }
  /** A stream with an end has delivered it. */
  | { readonly type: 'stream-end'; readonly stream: StreamId }
  /** A block asked for by hash arrived and passed its checks. */
  | { readonly type: 'single'; readonly block: DeliveredBlock }
  /** No peer that is connected has the block: all were asked. It stays wanted, and a new peer will be asked. */
  | { readonly type: 'single-unavailable'; readonly hash: BlockHash }
  /** For a minute no peer that is connected may have had the next block of a stream. It stays wanted, too. */
  | { readonly type: 'stream-unavailable'; readonly hash: BlockHash }
  /** The block breaks a consensus rule that we check: it and what builds on it left the header chain. */
  | {
      readonly type: 'block-invalid'
      readonly hash: BlockHash
      readonly rule: BlockRule
      readonly change?: TipChange
    }

/** Which blocks are asked of whom, and in what order they are handed on. Pure, as the header sync. */
export interface BlockDownload {
  addPeer(peer: PeerId, facts: BlockPeer, now: Instant): BlockDownloadAction[]
  removePeer(peer: PeerId, now: Instant): BlockDownloadAction[]
  /** The peer has this block and all before it (from the header sync's `peer-has`). */
  peerHas(peer: PeerId, hash: BlockHash, now: Instant): BlockDownloadAction[]
  /** The best chain moved (from the header sync's `tip-changed`). */
  onTipChange(change: TipChange, now: Instant): BlockDownloadAction[]
  /** A `block` message, asked for or not. */
  onBlock(peer: PeerId, block: Block, now: Instant): BlockDownloadAction[]
  /** What was found of a block that a `check` action gave out; undefined: nothing wrong. */
  onChecked(checked: BlockToCheck, fault: BlockFault | undefined, now: Instant): BlockDownloadAction[]
  /** A `sendcmpct`: which version of compact blocks (BIP152) the peer speaks. */
  onSendCompact(peer: PeerId, version: bigint): void
  /**
   * Call before what follows from the header of an unasked `cmpctblock` is done (`onTipChange`, `peerHas`): the block is then
   * not asked for in another way. `onCompactBlock` has to follow.
   */
  expectCompactBlock(peer: PeerId, hash: BlockHash, now: Instant): void
  /** A `cmpctblock`, asked for or expected, whose header the chain has accepted. */
  onCompactBlock(peer: PeerId, compactBlock: CompactBlock, now: Instant): BlockDownloadAction[]
  /** A `blocktxn`. */
  onBlockTransactions(
    peer: PeerId,
    hash: BlockHash,
    transactions: readonly Transaction[],
    now: Instant,
  ): BlockDownloadAction[]
  /** Block hashes of a `notfound`. */
  onNotFound(peer: PeerId, hashes: readonly BlockHash[], now: Instant): BlockDownloadAction[]
  /** Call about once a second, and at least each half second while blocks are in flight. */
  tick(now: Instant): BlockDownloadAction[]
  /**
   * Starts a stream of the best chain's blocks from height `from` to height `to`, or for ever where `to` is left out
   * (a following stream: it takes reorgs along).
   */
  openStream(
    range: { readonly from: number; readonly to?: number },
    now: Instant,
  ): { readonly stream: StreamId; readonly actions: BlockDownloadAction[] }
  closeStream(stream: StreamId): void
  /** The program took `count` blocks of those delivered to the stream: there is room for more. */
  consumed(stream: StreamId, count: number, now: Instant): BlockDownloadAction[]
  /** Asks for one block by its hash, on the best chain or not; answered by a `single` action. */
  want(hash: BlockHash, now: Instant): BlockDownloadAction[]
  unwant(hash: BlockHash): void
  /** Whether no peer that is connected may have the block: it is known to lack it, or keeps recent blocks only. */
  isUnavailable(hash: BlockHash): boolean
  /** Blocks asked for and not here yet. */
  readonly inFlight: number
}
