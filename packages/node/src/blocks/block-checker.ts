import type { BlockFault } from './block-check.ts'

/** Checks blocks somewhere else than on the thread that asks, as `createBlockCheckWorkers` does. */
export interface BlockChecker {
  /**
   * What `checkBlock` finds wrong with a block of the given height; undefined where nothing is.
   * @param payload The serialised block, with witness, which decodes. It is the caller's and may not be kept
   * or changed. Rejects where the check could not be made; it is then made on the caller's thread.
   */
  check(payload: Uint8Array, height: number): Promise<BlockFault | undefined>
}
