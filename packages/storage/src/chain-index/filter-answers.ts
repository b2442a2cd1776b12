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

  constructor(chain: ChainAccess, indexed: IndexedChain) {
    this.#chain = chain
    this.#indexed = indexed
  }

  readonly compactFilters = async (
    query: CompactFilterQuery,
  ): Promise<readonly CompactFilter[] | InvalidRequest> => {
    const stop = this.#stop(query, MAX_FILTERS_PER_REQUEST)
    if (typeof stop === 'object') return stop
    const entries =
      stop === undefined ? undefined : await this.#entries(query.startHeight, stop, query.stopHash)
    if (entries === undefined) return []
    const filters: CompactFilter[] = []
    for (const [index, { blockHash }] of entries.entries()) {
      const filter = await this.#indexed.filter(query.startHeight + index)
      if (filter === undefined) return []
      filters.push({ filterType: BASIC_FILTER_TYPE, blockHash, filter })
    }
    return filters
  }

  readonly compactFilterHeaders = async (
    query: CompactFilterQuery,
  ): Promise<CompactFilterHeaders | InvalidRequest | undefined> => {
    const stop = this.#stop(query, MAX_FILTER_HEADERS_PER_REQUEST)
    if (typeof stop === 'object') return stop
    const { startHeight, stopHash } = query
    const entries = stop === undefined ? undefined : await this.#entries(startHeight, stop, stopHash)
    const before = startHeight === 0 ? NO_HEADER : (await this.#indexed.filterEntry(startHeight - 1))?.header
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
    if (stop === undefined || (await this.#entries(stop, stop, stopHash)) === undefined) return undefined
    const filterHeaders: Hash256[] = []
    for (let height = FILTER_CHECKPOINT_INTERVAL; height <= stop; height += FILTER_CHECKPOINT_INTERVAL) {
      const entry = await this.#indexed.filterEntry(height)
      if (entry === undefined) return undefined
      filterHeaders.push(entry.header)
    }
    return { filterType: BASIC_FILTER_TYPE, stopHash, filterHeaders }
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
    const found = await Promise.all(heights.map((height) => this.#indexed.filterEntry(height)))
    const entries = found.filter((entry) => entry !== undefined)
    const last = entries.at(-1)
    return entries.length === heights.length && last !== undefined && bytesEqual(last.blockHash, stopHash)
      ? entries
      : undefined
  }
}
