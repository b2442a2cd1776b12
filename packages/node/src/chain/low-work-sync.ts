/**
 * Headers are asked for twice where their chain has yet to show its work (Bitcoin Core, `HeadersSyncState`).
 * https://github.com/bitcoin/bitcoin/blob/master/src/headerssync.h
 * @module
 */

import {
  type BlockHash,
  type BlockHeader,
  bytesEqual,
  concatBytes,
  MAX_HEADERS_RESULTS,
  type Network,
  sha256,
} from '@sapwood/wire-codec'
import type { WallTime, Random } from '@sapwood/transport-v1v2/environment'
import { BitQueue } from './bit-queue.ts'
import type { ChainEntry } from './chain-entry.ts'
import { claimedWork } from './header-batch.ts'
import { HeaderQueue } from './header-queue.ts'
import { isPermittedTransition, MAX_FUTURE_BLOCK_TIME } from './header-rules.ts'
import { targetOf } from './target-cache.ts'

/**
 * Blocks that can follow in one second, at most, for as long as it takes: six,
 * each one second above the median time past.
 */
const MAX_BLOCKS_PER_SECOND = 6

export interface LowWorkSyncOptions {
  readonly network: Network
  /** The last header that we have: where the peer's chain leaves what we know. */
  readonly start: ChainEntry
  /** Median time past of `start`, seconds. */
  readonly startMedianTime: number
  /** Work that the whole chain must show before any of it is kept. */
  readonly requiredWork: bigint
  readonly now: WallTime
}

/** What came of one message of headers. */
export interface LowWorkStep {
  /** Headers that are proved to belong to a chain of enough work, with their hashes: to be accepted. */
  readonly ready?: { readonly headers: readonly BlockHeader[]; readonly hashes: readonly BlockHash[] }
  /** Ask the peer for more, after this hash or, where there is none, after `start`. */
  readonly askAfter?: BlockHash
  /**
   * `more`: goes on. `done`: all that was needed is in `ready`. `low-work`: the chain ended with too little
   * work. `failed`: the peer's headers do not fit together; not punished, since a reorg at the peer looks the
   * same.
   */
  readonly outcome: 'more' | 'done' | 'low-work' | 'failed'
}

/**
 * Downloads the headers of a chain twice, so that a chain of little work costs us next to nothing. The first
 * time only its work is added up, and one bit of a salted hash kept for every few hundred headers; once the
 * work is enough, the second time the headers are kept back until enough of those bits have matched, and
 * handed on from the front. As Core's `HeadersSyncState`.
 */
export class LowWorkSync {
  readonly #network: Network
  readonly #start: ChainEntry
  readonly #requiredWork: bigint
  readonly #salt: Uint8Array
  readonly #commitOffset: number
  readonly #maxCommitments: number
  readonly #commitments = new BitQueue()
  #lastHash: BlockHash
  #lastBits: number
  #height: number
  #work: bigint
  #held: HeaderQueue | undefined
  #releaseAll = false
  /** Since the second time has begun. */
  #presyncedHeight: number | undefined

  constructor(options: LowWorkSyncOptions, { random }: { readonly random: Random }) {
    this.#network = options.network
    this.#start = options.start
    this.#requiredWork = options.requiredWork
    this.#salt = random.bytes(32)
    const period = options.network.headersSync.commitmentPeriod
    const draw = random.bytes(4)
    this.#commitOffset = new DataView(draw.buffer, draw.byteOffset, 4).getUint32(0) % period
    const seconds = Math.floor(options.now / 1000) - options.startMedianTime + MAX_FUTURE_BLOCK_TIME
    this.#maxCommitments = Math.max(0, Math.floor((MAX_BLOCKS_PER_SECOND * seconds) / period))
    this.#lastHash = options.start.hash
    this.#lastBits = options.start.header.bits
    this.#height = options.start.height
    this.#work = options.start.work
  }

  /** Where the peer's chain leaves ours. */
  get start(): BlockHash {
    return this.#start.hash
  }

  /** How far the peer's chain was looked at the first time (Core, `GetPresyncHeight`). */
  get presyncedHeight(): number {
    return this.#presyncedHeight ?? this.#height
  }

  /**
   * Whether what comes after these is asked for next, as long as they hold together: a full message,
   * which `next` has yet to be given.
   */
  goesOnAfter(first: BlockHeader, bits: Iterable<number>): boolean {
    return (
      bytesEqual(first.previousBlockHash, this.#lastHash) &&
      this.#work + claimedWork(bits) < this.#requiredWork
    )
  }

  /**
   * Takes the next message of headers, which are linked and have their proof of work (`findBreak`).
   * Not to be called with none.
   */
  next(headers: readonly BlockHeader[], hashes: readonly BlockHash[]): LowWorkStep {
    return this.#held === undefined
      ? this.#presync(headers, hashes)
      : this.#redownload(this.#held, headers, hashes)
  }

  #presync(headers: readonly BlockHeader[], hashes: readonly BlockHash[]): LowWorkStep {
    for (let i = 0; i < headers.length; i++) {
      if (!this.#advance(headers[i]!, hashes[i]!)) return { outcome: 'failed' }
      if (!this.#commits()) continue
      this.#commitments.push(this.#commitment(hashes[i]!))
      if (this.#commitments.size > this.#maxCommitments) return { outcome: 'failed' }
    }
    if (this.#work >= this.#requiredWork) {
      this.#restart()
      return { outcome: 'more' }
    }
    if (headers.length < MAX_HEADERS_RESULTS) return { outcome: 'low-work' }
    return { outcome: 'more', askAfter: this.#lastHash }
  }

  #redownload(held: HeaderQueue, headers: readonly BlockHeader[], hashes: readonly BlockHash[]): LowWorkStep {
    for (let i = 0; i < headers.length; i++) {
      if (!this.#advance(headers[i]!, hashes[i]!)) return { outcome: 'failed' }
      this.#releaseAll ||= this.#work >= this.#requiredWork
      if (
        !this.#releaseAll &&
        this.#commits() &&
        this.#commitments.shift() !== this.#commitment(hashes[i]!)
      ) {
        return { outcome: 'failed' }
      }
      held.push(headers[i]!, hashes[i]!)
    }
    const keep = this.#releaseAll ? 0 : this.#network.headersSync.redownloadBufferSize
    const ready = held.shift(Math.max(0, held.size - keep))
    if (this.#releaseAll) return { outcome: 'done', ready }
    if (headers.length < MAX_HEADERS_RESULTS) return { outcome: 'failed', ready }
    return { outcome: 'more', ready, askAfter: this.#lastHash }
  }

  #restart(): void {
    this.#presyncedHeight = this.#height
    this.#lastHash = this.#start.hash
    this.#lastBits = this.#start.header.bits
    this.#height = this.#start.height
    this.#work = this.#start.work
    this.#held = new HeaderQueue(
      this.#network.headersSync.redownloadBufferSize + MAX_HEADERS_RESULTS,
      this.#start.hash,
    )
  }

  #advance(header: BlockHeader, hash: BlockHash): boolean {
    if (!bytesEqual(header.previousBlockHash, this.#lastHash)) return false
    if (!isPermittedTransition(this.#network, this.#height + 1, this.#lastBits, header.bits)) return false
    this.#lastHash = hash
    this.#lastBits = header.bits
    this.#height++
    this.#work += targetOf(header.bits)!.work
    return true
  }

  #commits(): boolean {
    return this.#height % this.#network.headersSync.commitmentPeriod === this.#commitOffset
  }

  #commitment(hash: BlockHash): number {
    return sha256(concatBytes(this.#salt, hash))[0]! & 1
  }
}
