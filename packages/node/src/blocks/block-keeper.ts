import { blockBytes } from '@sapwood/wire-codec'
import { type Clock, keepTrying, type Logger } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { BlockStore, BlockToStore, StoredRange } from './block-store.ts'
import type { BlockStreamItem } from './block-stream-item.ts'

/** Milliseconds after which what the store refused is tried again. */
const STORE_RETRY = 5_000
/** Bytes that may wait to be written before more blocks are taken. */
const MAX_UNWRITTEN = 16_777_216

export interface BlockKeeperComponents {
  readonly store: BlockStore
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly logger: Logger
  /** Blocks from peers, whatever the store has. */
  readonly follow: (
    from: { readonly from: number },
    options: { readonly signal: AbortSignal },
  ) => AsyncIterable<BlockStreamItem>
  /** Resolves when no peer has headers left that we lack. */
  readonly waitForSync: (signal: AbortSignal) => Promise<void>
  /** More blocks are there: up to the end of the range, all. */
  readonly onKept: (range: StoredRange) => void
}

/** Brings the blocks of the best chain into the block store, in order, whoever else reads them. */
export class BlockKeeper {
  readonly #parts: BlockKeeperComponents
  readonly #ending = new AbortController()
  #running: Promise<void> | undefined
  #unwritten: BlockToStore[] = []
  #unwrittenBytes = 0
  #range: StoredRange | undefined
  #writing: Promise<void> | undefined
  /** Ends where the store refuses: nothing is to be taken that stands on what is not there. */
  #attempt = new AbortController()

  constructor(components: BlockKeeperComponents) {
    this.#parts = components
  }

  /** Once the node runs. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Takes no more, and writes what has been taken. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('The node stops.'))
    await this.#running
    await this.#writing
  }

  #run(): Promise<void> {
    const { clock, logger } = this.#parts
    const { signal } = this.#ending
    return keepTrying(() => this.#follow(signal), {
      clock,
      pause: STORE_RETRY,
      signal,
      onFailure: (error) => {
        logger.error({ err: error }, 'blocks could not be kept, which is tried again')
        return true
      },
    })
  }

  async #follow(ending: AbortSignal): Promise<void> {
    this.#attempt = new AbortController()
    this.#range = undefined
    const signal = AbortSignal.any([ending, this.#attempt.signal])
    let from = await this.#first(signal)
    for await (const item of this.#parts.follow({ from: this.#next(from) }, { signal })) {
      signal.throwIfAborted()
      if (item.type === 'reorg') {
        const { fork } = item.change
        from = Math.min(from, fork.height + 1)
        continue
      }
      const { height, hash, block } = item
      this.#take({ height, hash, bytes: blockBytes(block) })
      this.#range = { from, tip: { height, hash } }
      this.#writing ??= this.#write()
      if (this.#unwrittenBytes > MAX_UNWRITTEN) await this.#writing
    }
  }

  /** The first height that is to be there. */
  async #first(signal: AbortSignal): Promise<number> {
    const { store, chain, waitForSync } = this.#parts
    const { range } = store.stored()
    const kept = range !== undefined && chain.forkPoint(range.tip.hash) !== undefined ? range.from : 1
    if (store.keepsLast === Infinity) return kept
    // How far down the last blocks reach is known when the tip is.
    await waitForSync(signal)
    const lowest = Math.max(1, chain.tip().height - store.keepsLast + 1)
    return range !== undefined && this.#next(kept) >= lowest ? kept : lowest
  }

  /** The first height from `from` on that is not there. */
  #next(from: number): number {
    const { store, chain } = this.#parts
    const { range } = store.stored()
    const fork = range && chain.forkPoint(range.tip.hash)
    if (range === undefined || fork === undefined || range.from > from) return from
    return Math.max(from, fork.height + 1)
  }

  #take(block: BlockToStore): void {
    this.#unwritten.push(block)
    this.#unwrittenBytes += block.bytes.length
  }

  /** All that has come while the last were written goes with one write. */
  async #write(): Promise<void> {
    const { store, onKept } = this.#parts
    try {
      while (this.#unwritten.length > 0) {
        const blocks = this.#unwritten
        const range = this.#range
        this.#unwritten = []
        this.#unwrittenBytes = 0
        await store.append(blocks, range)
        const { range: stored } = store.stored()
        if (stored !== undefined) onKept(stored)
      }
    } catch (error) {
      this.#attempt.abort(error)
      this.#unwritten = []
      this.#unwrittenBytes = 0
    } finally {
      this.#writing = undefined
    }
  }
}
