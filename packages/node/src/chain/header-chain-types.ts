import type { BlockHash, BlockHeader, Network } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'

/** A block by where it stands. */
export interface BlockRef {
  readonly height: number
  /** 32 bytes, wire order. */
  readonly hash: BlockHash
}

/** A header that the chain keeps, with what follows from its place in it. */
export interface ChainEntry extends BlockRef {
  readonly header: BlockHeader
  /** Expected number of hashes to make the chain up to and with this header. */
  readonly work: bigint
}

/** The best chain moved. */
export interface TipChange {
  readonly oldTip: BlockRef
  readonly newTip: BlockRef
  /** The last block that both have. */
  readonly fork: BlockRef
  /** Blocks no longer in the best chain, from the old tip downwards; empty unless this is a reorg. */
  readonly disconnected: readonly BlockRef[]
}

/** Why a header was refused. The first three are proof of misbehaviour; `time-too-new` may pass later. */
export type HeaderErrorCode =
  | 'bad-proof-of-work'
  | 'bad-difficulty'
  | 'unknown-parent'
  | 'invalid-parent'
  | 'known-invalid'
  | 'time-too-old'
  | 'time-too-new'
  | 'time-warp'
  | 'bad-version'

export interface HeaderError {
  readonly code: HeaderErrorCode
  /** Position of the refused header among those given. */
  readonly index: number
  readonly hash: BlockHash
  readonly detail: string
}

/** What came of a batch of headers. Those before a refused one are kept. */
export interface AcceptResult {
  /** How many headers were not known before and are kept now. */
  readonly accepted: number
  /** How many of those given are known now, from the first on (all, unless `error`). */
  readonly known: number
  readonly tipChange?: TipChange
  readonly error?: HeaderError
}

/** All headers known, forks included, and which of them are the chain with the most work. */
export interface HeaderChain {
  readonly network: Network
  /** How many headers are kept, forks and genesis included. */
  readonly size: number
  /** End of the valid chain with the most work. */
  tip(): ChainEntry
  /** In the best chain. */
  headerAt(height: number): BlockHeader | undefined
  /** In the best chain. */
  hashAt(height: number): BlockHash | undefined
  /** Of any header known, on the best chain or not. */
  heightOf(hash: BlockHash): number | undefined
  /** Any header known, on the best chain or not. */
  get(hash: BlockHash): ChainEntry | undefined
  /** Whether the block is part of the best chain. */
  isActive(hash: BlockHash): boolean
  /** The last block of the best chain that `hash` builds on (itself, where it is in the best chain). */
  forkPoint(hash: BlockHash): BlockRef | undefined
  /** Median of the times of the last 11 headers up to and with this one, seconds (BIP113). */
  medianTimePast(hash: BlockHash): number | undefined
  /** Hashes from `from` (default: the tip) back to genesis, ever further apart; at most 101. */
  locator(from?: BlockHash): BlockHash[]
  /**
   * What a `getheaders` asks for: the headers after the first hash of `locator` in the best chain. Where the
   * locator is empty, that of the stop block alone, or none where the best chain does not have it.
   */
  headersAfter(locator: readonly BlockHash[], stopHash: BlockHash, limit?: number): BlockHeader[]
  /**
   * Checks each header in its place and keeps it: proof of work, difficulty, times, version. Stops at the
   * first that fails. Says nothing about minimum work: that is the header sync's to ask for before it calls
   * this.
   * @param hashes the headers' hashes, where the caller has computed them already.
   */
  accept(headers: readonly BlockHeader[], now: WallTime, hashes?: readonly BlockHash[]): AcceptResult
  /** Takes a block that was found invalid, and all that build on it, out of the running for good. */
  invalidate(hash: BlockHash): TipChange | undefined
}
