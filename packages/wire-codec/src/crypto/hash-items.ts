import type { PackedItems } from './packed-items.ts'

/** Key of SipHash: two 64-bit words, each as its low and high half. */
export interface SipKey {
  readonly k0Low: number
  readonly k0High: number
  readonly k1Low: number
  readonly k1High: number
}

/**
 * SipHash of items from the index `first` on, spread evenly over 0 to `range` - 1, as many as are hashed at a
 * time.
 * @returns their hashes, good until the next call; none where the first of them is too large.
 */
export type HashItems = (
  key: SipKey,
  range: number,
  items: readonly Uint8Array[] | PackedItems,
  first: number,
) => Float64Array

/**
 * Makes what hashes many items in this runtime.
 * @param takeOver Told of it where it had to be loaded first; never where it cannot be.
 * @returns undefined where there is none, or none yet.
 */
export type StartHashItems = (takeOver: (hashItems: HashItems | undefined) => void) => HashItems | undefined
