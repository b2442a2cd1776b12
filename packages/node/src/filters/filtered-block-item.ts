import type { Hash256 } from '@sapwood/wire-codec'
import type { DeliveredBlock } from '../blocks/block-download-action.ts'
import type { BlockRef, TipChange } from '../chain/chain-entry.ts'

/** Up to where blocks have been looked at by their filters. */
export interface FilterPosition extends BlockRef {
  /**
   * Filter header of the block: it commits to every filter up to it (BIP157). Absent where nothing was asked
   * of filters.
   */
  readonly filterHeader?: Hash256
}

/** What a following stream of filtered blocks yields. */
export type FilteredBlockItem =
  /** May pay to one of the scripts or spend from it. */
  | ({ readonly type: 'block' } & DeliveredBlock)
  /** No block after the one before, and up to this one, concerns the scripts. */
  | { readonly type: 'passed'; readonly position: FilterPosition }
  /**
   * What was yielded or passed before and is not in the best chain any more, as of `blocks.follow`. The new
   * blocks follow.
   */
  | { readonly type: 'reorg'; readonly change: TipChange }
  /**
   * Filters from this height on turned out to be false, by a peer that came later. What was yielded is in the
   * chain, and may not be all: blocks from there on follow anew.
   */
  | { readonly type: 'again'; readonly from: number }

/** Blocks that concern scripts, with reorgs, for ever; whose scripts can be changed between any two items. */
export interface FilteredBlocks extends AsyncIterableIterator<FilteredBlockItem, undefined> {
  /** Where the last item left it: to be kept, and to be given as `from` to the next stream. */
  readonly position: FilterPosition | undefined
  /** Scripts that are asked for. */
  readonly scripts: number
  /** Looks for these too, from the block after `position` on. */
  add(scripts: readonly Uint8Array[]): void
  /** Looks for these no more, from the block after `position` on. */
  remove(scripts: readonly Uint8Array[]): void
}
