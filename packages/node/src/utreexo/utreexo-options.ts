import type { BlockHash } from '@sapwood/wire-codec'
import type { Stump } from '@sapwood/utreexo'
import type { ScriptCheck } from './script-check.ts'

/** A state of the accumulator that is believed without a proof. */
export interface AssumedUtreexoState {
  readonly height: number
  readonly hash: BlockHash
  readonly stump: Stump
}

/** How blocks are proved. */
export interface UtreexoOptions {
  /**
   * Where to begin, in a store that holds no state yet: a state that the program vouches for, or `known`,
   * for the latest that this package has for the network (`assumedUtreexoState` of `@sapwood/node/utreexo`).
   * Default: the genesis block, after which nothing is assumed.
   */
  readonly assume?: AssumedUtreexoState | 'known'
  /** Whether to prove the blocks up to the assumed state too, beside those after it. Default: false. */
  readonly checkHistory?: boolean
  /**
   * A script engine: it throws for a block whose scripts do not hold, or gives a promise that rejects. One
   * block at a time, in their order. A block that it refuses is invalid for good.
   */
  readonly validateScripts?: ScriptCheck
  /** Blocks whose proofs are asked for at a time. Default: 64. */
  readonly window?: number
  /** Milliseconds that a peer has for a proof: silence is the only refusal that there is. Default: 20,000. */
  readonly proofTimeout?: number
}
