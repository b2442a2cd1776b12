import type { Transaction } from '@sapwood/wire-codec'
import type { Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'

/** How far ahead of the next block to deliver others are asked for (Core, `BLOCK_DOWNLOAD_WINDOW`). */
export const BLOCK_DOWNLOAD_WINDOW = 1024
/** Default bound on what one stream keeps in memory. */
export const DEFAULT_BUFFER_BYTES: number = 64 * 1024 * 1024

export interface BlockDownloadOptions {
  /** Blocks ahead of the next one to deliver. Default: 1,024. */
  readonly window?: number
  /** Bytes that one stream may hold back for order or for a slow program. Default: 64 MiB. */
  readonly bufferBytes?: number
  /** Blocks asked of one peer at a time. Default: 16. */
  readonly inFlightPerPeer?: number
}

export interface BlockDownloadComponents {
  readonly chain: HeaderChain
  /** What compact blocks (BIP152) are put together from. Without it none is asked for. */
  readonly transactions?: () => Iterable<Transaction>
  /**
   * Whether blocks that were asked for are to be checked elsewhere: each is then answered by a `check`
   * action, and taken when `onChecked` says what was found. Default: false, each is checked as it arrives.
   */
  readonly checksElsewhere?: boolean
  /** The time of day at an instant, which a tip's age is judged by. */
  readonly wallTime: (at: Instant) => WallTime
}
