import type { TipChange } from '../chain/chain-entry.ts'
import type { DeliveredBlock } from './block-download-action.ts'

/** What a following stream of blocks yields. */
export type BlockStreamItem =
  | ({ readonly type: 'block' } & DeliveredBlock)
  /** What was yielded before and is not in the best chain any more. The new blocks follow. */
  | { readonly type: 'reorg'; readonly change: TipChange }
