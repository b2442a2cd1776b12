import type { Network } from '@sapwood/wire-codec'
import type { Stump } from '@sapwood/utreexo'
import type { Clock, Logger, Random } from '@sapwood/transport-v1v2/environment'
import type { BlockRef, CallOptions, KeyValueStore } from '../index.ts'

/** What a bridge proves. */
export interface UtreexoBridgeOptions {
  /**
   * Whether blocks are kept and served beside their proofs: a node without coins asks one peer for both.
   * Where a program serves blocks itself, or has no room for them: false. Default: true.
   */
  readonly keepBlocks?: boolean
  /** The node's network, where it is none that `networkByName` of the wire codec knows. */
  readonly network?: Network
}

/** What a bridge works with. */
export interface UtreexoBridgeComponents {
  /** What outlives the bridge: unspent outputs, proofs, blocks. May be the node's own: nothing meets. */
  readonly store: KeyValueStore
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /** Default: silent. */
  readonly logger?: Logger
}

/** What a bridge is at. */
export interface UtreexoBridgeInfo {
  /** The last block that can be proved. */
  readonly tip: BlockRef
  /** Leaves that are there: unspent outputs. */
  readonly liveLeaves: number
  /** Bytes of memory that the trees take. */
  readonly bytes: number
  /** Whether it has been at the tip of the node's chain, from when on the service bits are offered. */
  readonly caughtUp: boolean
  /** A block that cannot be, which has been refused: until the best chain has left it. */
  readonly stalledAt?: BlockRef & { readonly rule: string }
  /** Answers to `getuproof` since the start, and their bytes. */
  readonly proofsServed: number
  readonly bytesServed: number
}

/** Makes and serves the proofs of a node's chain. */
export interface UtreexoBridge extends AsyncDisposable {
  /** The state after the last block that can be proved. */
  stump(): Stump
  info(): UtreexoBridgeInfo
  /**
   * Resolves when the block at this height can be proved.
   * @throws NodeError `timeout`, `stopped`.
   */
  waitForHeight(height: number, options?: CallOptions): Promise<void>
  /** Offers nothing more, and lets go of the node and the store once what is being written is there. */
  stop(): Promise<void>
}
