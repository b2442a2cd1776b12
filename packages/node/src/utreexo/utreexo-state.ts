import { bytesEqual } from '@sapwood/wire-codec'
import type { Stump } from '@sapwood/utreexo'
import type { BlockRef } from '../chain/chain-entry.ts'

/** The accumulator after a block. */
export interface UtreexoState extends BlockRef {
  readonly stump: Stump
}

/** Whether both are the state after the same block, and the same state. */
export function isSameState(one: UtreexoState, other: UtreexoState): boolean {
  return one.height === other.height && bytesEqual(one.hash, other.hash) && one.stump.equals(other.stump)
}
