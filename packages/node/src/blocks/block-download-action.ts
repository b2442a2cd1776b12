import type { Block, BlockHash } from '@sapwood/wire-codec'
import type { TipChange } from '../chain/chain-entry.ts'
import type { PeerAction } from '../chain/peer-action.ts'
import type { PeerId } from '@sapwood/peer'
import type { BlockRule } from './block-check.ts'

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
  /** It carries the bytes that it came in (`blockBytes`), unless it was put together from a compact one. */
  readonly block: Block
  /** Bytes of the serialised block, with witness. */
  readonly size: number
  /** Who sent it; absent where it comes from the block store. */
  readonly peer?: PeerId
}

/** A block as the download has it of a peer. */
export interface DownloadedBlock extends DeliveredBlock {
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
  | { readonly type: 'deliver'; readonly stream: StreamId; readonly block: DownloadedBlock }
  /**
   * The best chain left blocks that the stream delivered: `disconnected` lists those, from the top down. The
   * stream goes on after `fork`.
   */
  | { readonly type: 'rewind'; readonly stream: StreamId; readonly change: TipChange }
  /** A stream with an end has delivered it. */
  | { readonly type: 'stream-end'; readonly stream: StreamId }
  /** A block asked for by hash arrived and passed its checks. */
  | { readonly type: 'single'; readonly block: DownloadedBlock }
  /**
   * No peer that is connected has the block: all were asked. It stays wanted, and a new peer will be asked.
   */
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
