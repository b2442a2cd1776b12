import { bytesEqual } from '@sapwood/wire-codec'
import type { BlockRef, TipChange } from '../chain/chain-entry.ts'
import { changeSince } from '../chain/change-since.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { DeliveredBlock } from './block-download-action.ts'
import type { BlockStreamItem } from './block-stream-item.ts'
import type { StoredBlockReader } from './stored-blocks.ts'

/** Heights, the last included; without `to` for ever. */
export interface BlockRange {
  readonly from: number
  readonly to?: number
}

export interface StoredFirstStreamComponents {
  readonly stored: StoredBlockReader
  readonly chain: HeaderChain
  /** The same blocks from peers. */
  readonly open: (range: BlockRange) => AsyncIterableIterator<BlockStreamItem>
  readonly signal: AbortSignal | undefined
}

/** Blocks of the best chain with its reorgs: from the store as long as they are there, then from peers. */
export class StoredFirstStream implements AsyncIterableIterator<BlockStreamItem> {
  readonly #parts: StoredFirstStreamComponents
  readonly #to: number
  #next: number
  /** The last block that was given. */
  #last: BlockRef | undefined
  #peers: AsyncIterableIterator<BlockStreamItem> | undefined
  /** Settles with the last step, never rejects. */
  #lastStep: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor({ from, to = Infinity }: BlockRange, components: StoredFirstStreamComponents) {
    this.#parts = components
    this.#next = from
    this.#to = to
  }

  next(): Promise<IteratorResult<BlockStreamItem>> {
    const step = this.#lastStep.then(() => this.#step())
    this.#lastStep = step.catch(() => undefined)
    return step
  }

  async return(): Promise<IteratorResult<BlockStreamItem>> {
    this.#isClosed = true
    await this.#peers?.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #step(): Promise<IteratorResult<BlockStreamItem>> {
    for (;;) {
      this.#parts.signal?.throwIfAborted()
      if (this.#isClosed || this.#next > this.#to) return { done: true, value: undefined }
      const value = this.#peers === undefined ? await this.#fromStore() : await this.#fromPeers(this.#peers)
      if (value !== undefined) return { done: false, value }
    }
  }

  async #fromStore(): Promise<BlockStreamItem | undefined> {
    const change = this.#last && changeSince(this.#parts.chain, this.#last)
    if (change !== undefined) return this.#left(change)
    const block = await this.#parts.stored.at(this.#next)
    if (block !== undefined) return this.#give(block)
    this.#peers = this.#parts.open({ from: this.#next, ...(this.#to !== Infinity && { to: this.#to }) })
    return undefined
  }

  async #fromPeers(peers: AsyncIterator<BlockStreamItem>): Promise<BlockStreamItem | undefined> {
    const result: IteratorResult<BlockStreamItem, unknown> = await peers.next()
    if (result.done === true) {
      this.#isClosed = true
      return undefined
    }
    const { value } = result
    if (value.type === 'reorg') return this.#left(value.change)
    const given = this.#give(value)
    if (given !== undefined) return given
    // The chain had moved before the stream was open.
    this.#peers = undefined
    await peers.return?.()
    return undefined
  }

  /** @returns undefined where it is not what follows: the chain has moved since. */
  #give(block: DeliveredBlock): BlockStreamItem | undefined {
    const isNext =
      this.#last === undefined || bytesEqual(block.block.header.previousBlockHash, this.#last.hash)
    if (!isNext || !this.#parts.chain.isActive(block.hash)) return undefined
    this.#next = block.height + 1
    this.#last = { height: block.height, hash: block.hash }
    return { type: 'block', ...block }
  }

  #left(change: TipChange): BlockStreamItem {
    this.#next = change.fork.height + 1
    this.#last = change.fork
    return { type: 'reorg', change }
  }
}
