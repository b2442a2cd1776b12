import type { BlockHash, BlockHeader } from '@sapwood/wire-codec'

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
