import type { Block, BlockHash } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { SpentOutputs, Stump } from '@sapwood/utreexo'
import type { BlockRef } from '../chain/chain-entry.ts'

/** A block that its proof and its spent outputs allow. */
export interface ProvedBlockItem {
  readonly type: 'block'
  readonly height: number
  readonly hash: BlockHash
  readonly block: Block
  /** Bytes of the serialised block, with witness. */
  readonly size: number
  /** Who sent the block; absent where it comes from the block store. */
  readonly peer?: PeerId
  /** For each transaction but the coinbase, whose list is empty, the spent output of each input. */
  readonly spent: SpentOutputs
  /** Satoshi. */
  readonly fees: bigint
  /** Inputs that had to be proved, and who proved them; absent where there were none. */
  readonly inputs: number
  readonly proofFrom?: PeerId
  /** The accumulator after the block. */
  readonly stump: Stump
}

/** What a stream of proved blocks yields. */
export type ProvedItem =
  | ProvedBlockItem
  /**
   * Blocks that were yielded are taken back, `disconnected` lists them from the top down: they are not in
   * the best chain any more, or (`suspected`) the state in which they were proved is not believed any more,
   * and they will be proved again.
   */
  | {
      readonly type: 'reorg'
      readonly why: 'chain' | 'suspected'
      readonly fork: BlockRef
      readonly disconnected: readonly BlockRef[]
    }
