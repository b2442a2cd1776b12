import type { Instant } from '@sapwood/transport-v1v2/environment'
import { MAX_BLOCK_SERIALIZED_SIZE } from '../files/block-frame.ts'

/** Milliseconds for which the target stands (Core, `MAX_UPLOAD_TIMEFRAME`). */
const MAX_UPLOAD_TIMEFRAME = 86_400_000
/** Milliseconds from one block to the next: how many new ones the rest of the time will bring. */
const BLOCK_INTERVAL = 600_000

/** How much may be served in a day (Core, `-maxuploadtarget`). */
export class UploadTarget {
  readonly #limit: number
  #startedAt: Instant | undefined
  #bytes = 0

  /** @param limit Bytes; `Infinity`: no target. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes of the cycle of now. */
  bytes(now: Instant): number {
    this.#renew(now)
    return this.#bytes
  }

  served(bytes: number, now: Instant): void {
    this.#renew(now)
    this.#startedAt ??= now
    this.#bytes += bytes
  }

  /** Whether old blocks are served no more: what is left is for the new ones of the rest of the day. */
  isReachedForOldBlocks(now: Instant): boolean {
    if (this.#limit === Infinity) return false
    this.#renew(now)
    const left = MAX_UPLOAD_TIMEFRAME - (this.#startedAt === undefined ? 0 : now - this.#startedAt)
    const forNewBlocks = Math.floor(left / BLOCK_INTERVAL) * MAX_BLOCK_SERIALIZED_SIZE
    return this.#bytes >= this.#limit - forNewBlocks
  }

  #renew(now: Instant): void {
    if (this.#startedAt === undefined || now - this.#startedAt < MAX_UPLOAD_TIMEFRAME) return
    this.#startedAt = undefined
    this.#bytes = 0
  }
}
