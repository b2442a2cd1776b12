/**
 * Compact block filters, client side: the blocks that concern some scripts, as the chain grows.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import { type BlockHash, bytesEqual, hashToHex } from '@sapwood/wire-codec'
import { addAbortListener, removeAbortListener, type TurnLane } from '@sapwood/transport-v1v2/environment'
import type { DeliveredBlock } from '../blocks/block-download-action.ts'
import type { BlockRef } from '../chain/chain-entry.ts'
import { changeSince } from '../chain/change-since.ts'
import { isNodeError, NodeError, type NodeErrorCode } from '../errors/node-error.ts'
import type { FilteredBlockItem, FilteredBlocks, FilterPosition } from './filtered-block-item.ts'
import { mayConcern } from './filter-match.ts'
import { filterStream, type FilterStreamComponents, type VerifiedFilter } from './filter-stream.ts'
import { WatchedScripts } from './watched-scripts.ts'

/** Filters that are passed before a position says so: a program that keeps it writes no more often. */
const FILTERS_PER_POSITION = 500

/** What passes: a stream waits, and asks anew. */
const PASSING: ReadonlySet<NodeErrorCode> = new Set([
  'block-unavailable',
  'filters-disputed',
  'invalid-block',
  'no-filter-peer',
  'timeout',
])

export interface FilteredBlockStreamComponents extends FilterStreamComponents {
  readonly lane: TurnLane
  readonly getBlock: (hash: BlockHash, signal: AbortSignal) => Promise<DeliveredBlock>
  /** Resolves when the best chain moves. */
  readonly nextTip: (signal: AbortSignal) => Promise<void>
  /** Resolves when something that was not to be had may be asked for anew. */
  readonly later: (signal: AbortSignal) => Promise<void>
}

/**
 * Passes the filters of the best chain in order, and stops at each block that may concern one of the scripts.
 * What it goes by is looked at anew after every wait: where the chain has left what was passed, that is told
 * before anything else. Each filter is asked for the scripts of the moment at which its turn comes, so that
 * those which a program adds after a block are looked for in the next one.
 */
export class FilteredBlockStream implements FilteredBlocks {
  readonly #parts: FilteredBlockStreamComponents
  readonly #scripts = new WatchedScripts()
  readonly #abort = new AbortController()
  readonly #signal: AbortSignal | undefined
  /** The first height, where no block before it is known. */
  readonly #start: number
  /** The next height whose filter is asked for. */
  #next: number
  /** The last block that an item told of. */
  #position: FilterPosition | undefined
  /** The last block that has been passed, no item having said so yet; else as `position`. */
  #passed: FilterPosition | undefined
  #unsaid = 0
  /** Of `FilterHeaderSync.replaced`, as far as it has been looked at. */
  #revision: number
  /** Whether the filters that an earlier stream passed are those of now. */
  #isCompared = false
  /** Scripts have come while filters were passed. */
  #hasNewScripts = false
  #filters: AsyncGenerator<VerifiedFilter, void, undefined> | undefined
  /** Settles with the last step, never rejects. */
  #lastStep: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(
    { scripts, from }: { readonly scripts: readonly Uint8Array[]; readonly from: number | FilterPosition },
    components: FilteredBlockStreamComponents,
    signal?: AbortSignal,
  ) {
    this.#parts = components
    this.#scripts.add(scripts)
    this.#passed = this.#position = typeof from === 'number' ? undefined : from
    this.#start = this.#next = typeof from === 'number' ? from : from.height + 1
    this.#revision = components.sync.replaced.revision
    this.#signal = signal
    if (signal?.aborted === true) this.#onAbort()
    else addAbortListener(signal, this.#onAbort)
  }

  get position(): FilterPosition | undefined {
    return this.#position
  }

  get scripts(): number {
    return this.#scripts.size
  }

  add(scripts: readonly Uint8Array[]): void {
    this.#scripts.add(scripts)
    this.#hasNewScripts = true
  }

  remove(scripts: readonly Uint8Array[]): void {
    this.#scripts.remove(scripts)
  }

  next(): Promise<IteratorResult<FilteredBlockItem, undefined>> {
    const step = this.#lastStep.then(() => this.#step())
    this.#lastStep = step.catch(() => undefined)
    return step
  }

  async return(): Promise<IteratorResult<FilteredBlockItem, undefined>> {
    this.#isClosed = true
    this.#abort.abort(new NodeError('invalid-argument', 'The stream has been closed'))
    await this.#lastStep
    await this.#end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #step(): Promise<IteratorResult<FilteredBlockItem, undefined>> {
    if (this.#hasBeenClosed()) return { done: true, value: undefined }
    try {
      return { done: false, value: await this.#item() }
    } catch (error) {
      await this.#end()
      if (this.#hasBeenClosed()) return { done: true, value: undefined }
      this.#isClosed = true
      throw error
    }
  }

  /** A call, since `return` may come while an item is looked for. */
  #hasBeenClosed(): boolean {
    return this.#isClosed
  }

  /** Looks for the next item, for as long as it takes. */
  async #item(): Promise<FilteredBlockItem> {
    const { signal } = this.#abort
    for (;;) {
      signal.throwIfAborted()
      try {
        const item = await this.#look(signal)
        if (item !== undefined) return item
      } catch (error) {
        if (signal.aborted || !isPassing(error)) throw error
        await this.#stopFilters()
        await this.#parts.later(signal)
      }
    }
  }

  /** @returns undefined where nothing can be said yet. */
  async #look(signal: AbortSignal): Promise<FilteredBlockItem | undefined> {
    const { chain, nextTip } = this.#parts
    const tip = chain.tip()
    if (!this.#isKnown(this.#position, tip)) {
      await nextTip(signal)
      return undefined
    }
    const change = this.#position && changeSince(chain, this.#position)
    if (change !== undefined) {
      this.#goOnAfter(change.fork)
      return { type: 'reorg', change }
    }
    const again = this.#replaced()
    if (again !== undefined) return again
    // Of what no item has told yet none has to tell that it is gone.
    if (this.#hasNewScripts || (this.#passed !== undefined && !chain.isActive(this.#passed.hash)))
      this.#goOnAfter(this.#position)
    if (this.#next > tip.height) {
      if (this.#unsaid > 0) return this.#say()
      await nextTip(signal)
      return undefined
    }
    if (this.#scripts.size === 0) {
      await this.#stopFilters()
      this.#pass({ height: tip.height, hash: tip.hash })
      return this.#say()
    }
    if (!this.#isCompared) await this.#compare(signal)
    this.#filters ??= filterStream({ from: this.#next, to: tip.height }, this.#parts, signal)
    const { done, value: filter } = await this.#filters.next()
    if (done === true) this.#filters = undefined
    else if (this.#follows(filter)) return await this.#ask(filter, signal)
    else await this.#stopFilters()
    return undefined
  }

  /** Goes back to where filters turned out to be false, where that is below what has been passed. */
  #replaced(): FilteredBlockItem | undefined {
    const { replaced } = this.#parts.sync
    const height = replaced.since(this.#revision)
    this.#revision = replaced.revision
    if (height === undefined || height > (this.#passed?.height ?? -1)) return undefined
    if (height > (this.#position?.height ?? -1)) {
      this.#goOnAfter(this.#position)
      return undefined
    }
    const hash = this.#parts.chain.hashAt(height - 1)
    this.#goOnAfter(hash && { height: height - 1, hash })
    if (hash === undefined) this.#next = height
    return { type: 'again', from: height }
  }

  /**
   * Holds what an earlier stream has passed against the filter headers of now.
   * @throws NodeError `filters-replaced`.
   */
  async #compare(signal: AbortSignal): Promise<void> {
    const { sync } = this.#parts
    const position = this.#position
    if (position?.filterHeader !== undefined) {
      await sync.extendTo(position.height, signal)
      const header = sync.headers.at(position.height)
      if (header === undefined || position !== this.#position) return
      if (!bytesEqual(header, position.filterHeader))
        throw new NodeError('filters-replaced', `Filters up to block ${position.height} were false`, {
          received: position.height,
        })
    }
    this.#isCompared = true
  }

  /**
   * Whether the chain knows the block that a stream goes on after: it may have been written before its
   * header.
   * @throws NodeError `unknown-block` where the chain is as high, and has another.
   */
  #isKnown(position: FilterPosition | undefined, tip: BlockRef): boolean {
    if (position === undefined || this.#parts.chain.heightOf(position.hash) !== undefined) return true
    if (tip.height < position.height) return false
    const received = hashToHex(position.hash)
    throw new NodeError('unknown-block', `No header of block ${received} is known`, { received })
  }

  /**
   * Whether a filter is that of the block after the last one, and still to be asked for all scripts: the
   * chain may have moved while it came.
   */
  #follows({ height, hash }: VerifiedFilter): boolean {
    const { chain } = this.#parts
    return (
      !this.#hasNewScripts &&
      height === this.#next &&
      chain.isActive(hash) &&
      (this.#passed === undefined || chain.isActive(this.#passed.hash))
    )
  }

  async #ask(filter: VerifiedFilter, signal: AbortSignal): Promise<FilteredBlockItem | undefined> {
    const { height, hash, header } = filter
    const position = { height, hash, filterHeader: header }
    if (!mayConcern(filter, this.#scripts.packed)) {
      this.#pass(position)
      await this.#parts.lane.due()
      return this.#unsaid >= FILTERS_PER_POSITION ? this.#say() : undefined
    }
    const block = await this.#blockOf(filter, signal)
    if (!this.#follows(filter)) return undefined
    this.#goOnAfter(position)
    return { type: 'block', ...block }
  }

  /** Waits for the block as long as it takes: its filter has been taken already. */
  async #blockOf({ hash }: VerifiedFilter, signal: AbortSignal): Promise<DeliveredBlock> {
    const { chain, getBlock, later } = this.#parts
    for (;;) {
      try {
        return await getBlock(hash, signal)
      } catch (error) {
        // Of a block that is not in the best chain any more nobody may have anything.
        if (signal.aborted || !isPassing(error) || !chain.isActive(hash)) throw error
        await later(signal)
        signal.throwIfAborted()
      }
    }
  }

  #pass(block: FilterPosition): void {
    this.#passed = block
    this.#next = block.height + 1
    this.#unsaid++
  }

  #say(): FilteredBlockItem {
    const position = this.#passed!
    this.#goOnAfter(position)
    return { type: 'passed', position }
  }

  /** Goes on after a block of which an item tells, or at the start. */
  #goOnAfter(position: FilterPosition | undefined): void {
    this.#passed = this.#position = position
    this.#next = position === undefined ? this.#start : position.height + 1
    this.#unsaid = 0
    this.#hasNewScripts = false
  }

  async #stopFilters(): Promise<void> {
    const filters = this.#filters
    this.#filters = undefined
    await filters?.return()
  }

  async #end(): Promise<void> {
    removeAbortListener(this.#signal, this.#onAbort)
    await this.#stopFilters().catch(() => undefined)
  }

  readonly #onAbort = (): void => {
    this.#abort.abort(this.#signal?.reason)
  }
}

function isPassing(error: unknown): boolean {
  return isNodeError(error) && PASSING.has(error.code)
}
