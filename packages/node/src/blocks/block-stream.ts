import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { DownloadedBlock, StreamId } from './block-download-action.ts'
import { inOwnBytes } from './own-bytes.ts'

/** Blocks handed to a program and not taken by it yet, at most. */
const MAX_UNCONSUMED = 64

/**
 * One ordered run of blocks: what of it has been asked for, what has come out of order, and what the program
 * has not taken yet. Heights below `cursor` are delivered, held, in flight or in the list of those to ask for
 * again.
 */
export class BlockStream {
  readonly id: StreamId
  /** The last height; `Infinity` for a following stream. */
  readonly to: number
  /** The next height to deliver. */
  next: number
  /** The next height never asked for. */
  cursor: number
  /** Since when nobody has had the next block, and which that is; `isTold` where it has been said. */
  starving: { readonly height: number; readonly since: Instant; isTold: boolean } | undefined
  readonly #held = new Map<number, DownloadedBlock>()
  #heldBytes = 0
  /** Sizes of the blocks delivered and not consumed, oldest first. */
  readonly #unconsumed: number[] = []
  #unconsumedBytes = 0
  #retry: number[] = []

  constructor(id: StreamId, from: number, to: number) {
    this.id = id
    this.next = from
    this.cursor = from
    this.to = to
  }

  /** Bytes kept in memory for this stream. */
  get bytes(): number {
    return this.#heldBytes + this.#unconsumedBytes
  }

  get ended(): boolean {
    return this.next > this.to
  }

  /** Whether the stream has asked for this height and waits for it. */
  awaits(height: number): boolean {
    return height >= this.next && height < this.cursor && !this.#held.has(height)
  }

  /**
   * Whether a block that nobody was asked for is of use: one that the stream has asked for, or one of the
   * next two to deliver (Core takes a compact block up to two above its tip).
   */
  wants(height: number): boolean {
    return this.awaits(height) || (height <= this.next + 1 && this.#lacks(height))
  }

  /** Whether the block is here, and waits for those before it. */
  holds(height: number): boolean {
    return this.#held.has(height)
  }

  #lacks(height: number): boolean {
    return height >= this.next && height <= this.to && !this.#held.has(height)
  }

  /** Heights to ask for again, lowest first. */
  get retries(): readonly number[] {
    return this.#retry
  }

  /** The block at `height` did not come. */
  retry(height: number): void {
    if (!this.awaits(height) || this.#retry.includes(height)) return
    this.#retry.push(height)
    this.#retry.sort((a, b) => a - b)
  }

  /** It has been asked for again, or is not needed any more. */
  unretry(height: number): void {
    if (this.#retry.length > 0) this.#retry = this.#retry.filter((other) => other !== height)
  }

  hold(block: DownloadedBlock): void {
    if (this.#held.has(block.height)) return
    this.unretry(block.height)
    this.#held.set(block.height, block.height === this.next ? block : inOwnBytes(block))
    this.#heldBytes += block.size
  }

  /** The next block in order, where it is here and the program has room for it. */
  take(): DownloadedBlock | undefined {
    const block = this.#held.get(this.next)
    if (block === undefined || this.#unconsumed.length >= MAX_UNCONSUMED) return undefined
    this.#held.delete(this.next)
    this.#heldBytes -= block.size
    this.#unconsumed.push(block.size)
    this.#unconsumedBytes += block.size
    this.next++
    this.cursor = Math.max(this.cursor, this.next)
    return block
  }

  consumed(count: number): void {
    for (const size of this.#unconsumed.splice(0, count)) this.#unconsumedBytes -= size
  }

  /** Forgets everything above `height`. @returns how high it had delivered. */
  rewind(height: number): number {
    const delivered = this.next - 1
    for (const [at, block] of this.#held) {
      if (at <= height) continue
      this.#held.delete(at)
      this.#heldBytes -= block.size
    }
    this.#retry = this.#retry.filter((at) => at <= height)
    this.next = Math.min(this.next, height + 1)
    this.cursor = Math.min(this.cursor, height + 1)
    return delivered
  }
}
