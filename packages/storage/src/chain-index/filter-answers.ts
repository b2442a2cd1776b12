import {
  BASIC_FILTER_TYPE,
  type BlockHash,
  bytesEqual,
  FILTER_CHECKPOINT_INTERVAL,
  type Hash256,
  MAX_FILTER_HEADERS_PER_REQUEST,
  MAX_FILTERS_PER_REQUEST,
} from '@sapwood/wire-codec'
import type { ChainAccess } from '@sapwood/node'
import type {
  CompactFilter,
  CompactFilterCheckpoints,
  CompactFilterHeaders,
  CompactFilterQuery,
  InvalidRequest,
} from '@sapwood/peer'
import type { FilterEntry } from './index-entries.ts'
import type { IndexedChain } from './indexed-chain.ts'

const NO_HEADER = new Uint8Array(32) as Uint8Array as Hash256

/**
 * Answers BIP157's requests from the index, as Bitcoin Core does (`PrepareBlockFilterRequest`): what cannot
 * be asked ends the connection, and what is not there yet, or has left the chain, goes unanswered.
 */
export class FilterAnswers {
  readonly #chain: ChainAccess
  readonly #indexed: IndexedChain
  /** By their place in an answer. One whose block has left the chain is read anew. */
  readonly #checkpoints: FilterEntry[] = []

  constructor(chain: ChainAccess, indexed: IndexedChain) {
    this.#chain = chain
    this.#indexed = indexed
  }

  readonly compactFilters = (
    query: CompactFilterQuery,
  ): AsyncIterable<CompactFilter> | readonly CompactFilter[] | InvalidRequest => {
    const stop = this.#stop(query, MAX_FILTERS_PER_REQUEST)
    if (typeof stop === 'object') return stop
    return stop === undefined ? [] : this.#filters(query, stop)
  }

  readonly compactFilterHeaders = async (
    query: CompactFilterQuery,
  ): Promise<CompactFilterHeaders | InvalidRequest | undefined> => {
    const stop = this.#stop(query, MAX_FILTER_HEADERS_PER_REQUEST)
    if (typeof stop === 'object') return stop
    const { startHeight, stopHash } = query
    const before = startHeight === 0 ? NO_HEADER : await this.#headerAt(startHeight - 1)
    const entries = stop === undefined ? undefined : await this.#entries(startHeight, stop, stopHash)
    if (entries === undefined || before === undefined) return undefined
    const filterHashes = entries.map(({ filterHash }) => filterHash)
    return { filterType: BASIC_FILTER_TYPE, stopHash, previousFilterHeader: before, filterHashes }
  }

  readonly compactFilterCheckpoints = async (
    query: Omit<CompactFilterQuery, 'startHeight'>,
  ): Promise<CompactFilterCheckpoints | InvalidRequest | undefined> => {
    const { stopHash } = query
    const stop = this.#stop({ ...query, startHeight: 0 }, Infinity)
    if (typeof stop === 'object') return stop
    if (stop === undefined) return undefined
    const checkpoints = await this.#checkpointsUpTo(stop)
    const isOfThisChain = (await this.#entries(stop, stop, stopHash)) !== undefined
    if (checkpoints === undefined || !isOfThisChain) return undefined
    const filterHeaders = checkpoints.map(({ header }) => header)
    return { filterType: BASIC_FILTER_TYPE, stopHash, filterHeaders }
  }

  /** Undefined while the index is on a branch that was left: before the next read it may be on the other. */
  async #headerAt(height: number): Promise<Hash256 | undefined> {
    const entry = await this.#indexed.filterEntry(height)
    return entry !== undefined && this.#chain.isActive(entry.blockHash) ? entry.header : undefined
  }

  /** They are kept: 65 bytes ask for 900 of them (Core: `m_headers_cache`). */
  async #checkpointsUpTo(stop: number): Promise<readonly FilterEntry[] | undefined> {
    const count = Math.floor(stop / FILTER_CHECKPOINT_INTERVAL)
    const kept = this.#checkpoints.slice(0, count)
    const gone = kept.findIndex(({ blockHash }) => !this.#chain.isActive(blockHash))
    if (gone >= 0) kept.length = gone
    const heights = Array.from(
      { length: count - kept.length },
      (_, index) => (kept.length + index + 1) * FILTER_CHECKPOINT_INTERVAL,
    )
    if (heights.length === 0) return kept
    for (const entry of await this.#indexed.filterEntries(heights)) {
      if (entry === undefined || !this.#chain.isActive(entry.blockHash)) return undefined
      this.#checkpoints[kept.length] = entry
      kept.push(entry)
    }
    return kept
  }

  /** One at a time: of mainnet's a thousand have 20 MB, and nobody knows when the remote takes them. */
  async *#filters(
    { startHeight, stopHash }: CompactFilterQuery,
    stop: number,
  ): AsyncGenerator<CompactFilter, void, undefined> {
    const entries = (await this.#entries(startHeight, stop, stopHash)) ?? []
    for (const [index, { blockHash }] of entries.entries()) {
      const filter = await this.#indexed.filter(startHeight + index)
      // The chain moves before the index does: what was read is still of the block that was asked for.
      if (filter === undefined || !this.#chain.isActive(stopHash)) return
      yield { filterType: BASIC_FILTER_TYPE, blockHash, filter }
    }
  }

  /** Height of the stop block; undefined where the request is a good one that cannot be answered. */
  #stop(
    { filterType, startHeight, stopHash }: CompactFilterQuery,
    most: number,
  ): number | InvalidRequest | undefined {
    const stop = this.#chain.heightOf(stopHash)
    if (filterType !== BASIC_FILTER_TYPE) return { invalid: `no filters of type ${filterType}` }
    if (stop === undefined) return { invalid: 'unknown stop block' }
    if (startHeight > stop || stop - startHeight >= most) return { invalid: 'start and stop do not fit' }
    return this.#chain.isActive(stopHash) ? stop : undefined
  }

  /** Undefined where one is not there, or the chain has moved while they were read. */
  async #entries(from: number, to: number, stopHash: BlockHash): Promise<readonly FilterEntry[] | undefined> {
    const heights = Array.from({ length: to - from + 1 }, (_, index) => from + index)
    const found = await this.#indexed.filterEntries(heights)
    const entries = found.filter((entry) => entry !== undefined)
    const last = entries.at(-1)
    if (entries.length < heights.length || last === undefined) return undefined
    return bytesEqual(last.blockHash, stopHash) && this.#chain.isActive(stopHash) ? entries : undefined
  }
}
