import {
  BASIC_FILTER_TYPE,
  type Block,
  blockHash,
  buildBasicFilter,
  bytesToHex,
  FILTER_CHECKPOINT_INTERVAL,
  filterHash,
  filterHeaderChain,
  type Hash256,
} from '@sapwood/wire-codec'
import type { CompactFilterQuery, InvalidRequest, PeerServices } from '@sapwood/peer'

/** Filters of blocks that spend nothing: made once, however many serve them. */
const madeFilters = new WeakMap<Block, Uint8Array>()
const noScripts = (): Uint8Array[] => []
const ZERO = new Uint8Array(32) as Uint8Array as Hash256

/** Bends what is served: a filter by height, or the hash that is claimed of it. */
export interface FilterLies {
  readonly filter?: (filter: Uint8Array, height: number, block: Block) => Uint8Array
  /** Claims that the header before the first one asked for is another. */
  readonly previous?: (header: Hash256, startHeight: number) => Hash256
  /** Answers no question for filter headers, or none for as long as it says so. */
  readonly silent?: boolean | (() => boolean)
  /** Comes before each answer. */
  readonly later?: () => Promise<void> | undefined
  /** Bends the header of a checkpoint. */
  readonly checkpoint?: (header: Hash256, height: number) => Hash256
  /** Told of the first height of each question for filter headers. */
  readonly asked?: (startHeight: number) => void
  /** Filters that it never sends, by height, though it has told of their headers. */
  readonly withholds?: (height: number) => boolean
}

/**
 * Serves filters of blocks.
 * @param blocksNow from height 0 on.
 * @param spentScripts `scriptPubKey` of each output that a block spends. Default: none.
 */
export function filterServices(
  blocksNow: () => readonly Block[],
  lies: FilterLies = {},
  spentScripts: (block: Block) => Uint8Array[] = noScripts,
): Pick<PeerServices, 'compactFilters' | 'compactFilterHeaders' | 'compactFilterCheckpoints'> {
  const bend = lies.filter ?? ((filter) => filter)
  const filterOf = (height: number): Uint8Array => {
    const block = blocksNow()[height]!
    const made = madeFilters.get(block) ?? buildBasicFilter(block, spentScripts(block))
    if (spentScripts === noScripts) madeFilters.set(block, made)
    return bend(made, height, block)
  }
  const stopOf = ({ stopHash, filterType }: CompactFilterQuery): number | InvalidRequest => {
    const stop = blocksNow().findIndex(({ header }) => bytesToHex(blockHash(header)) === bytesToHex(stopHash))
    return stop < 0 || filterType !== BASIC_FILTER_TYPE ? { invalid: 'unknown block' } : stop
  }
  const headersTo = (stop: number): { readonly hashes: Hash256[]; readonly headers: readonly Hash256[] } => {
    const hashes = Array.from({ length: stop + 1 }, (_, height) => filterHash(filterOf(height)))
    return { hashes, headers: filterHeaderChain(ZERO, hashes) }
  }
  const never = (): Promise<never> => new Promise(() => undefined)
  return {
    compactFilters: async (query) => {
      await lies.later?.()
      const stop = stopOf(query)
      if (typeof stop !== 'number') return stop
      const heights = Array.from({ length: stop - query.startHeight + 1 }, (_, i) => query.startHeight + i)
      // As Core does while its index is behind: no answer at all, and the connection goes on.
      if (heights.some((height) => lies.withholds?.(height) === true)) return []
      return heights.map((height) => ({
        filterType: BASIC_FILTER_TYPE,
        blockHash: blockHash(blocksNow()[height]!.header),
        filter: filterOf(height),
      }))
    },
    compactFilterHeaders: async (query) => {
      await lies.later?.()
      if (lies.silent === true) return never()
      // Not the answer that never comes: one that is not given, after which the next question is heard.
      if (typeof lies.silent === 'function' && lies.silent()) return undefined
      const stop = stopOf(query)
      if (typeof stop !== 'number') return stop
      lies.asked?.(query.startHeight)
      const { hashes, headers } = headersTo(stop)
      const previous = headers[query.startHeight - 1] ?? ZERO
      return {
        filterType: BASIC_FILTER_TYPE,
        stopHash: query.stopHash,
        previousFilterHeader: lies.previous?.(previous, query.startHeight) ?? previous,
        filterHashes: hashes.slice(query.startHeight),
      }
    },
    compactFilterCheckpoints: (query) => {
      const stop = stopOf({ ...query, startHeight: 0 })
      if (typeof stop !== 'number') return Promise.resolve(stop)
      const { headers } = headersTo(stop)
      const filterHeaders: Hash256[] = []
      for (let height = FILTER_CHECKPOINT_INTERVAL; height <= stop; height += FILTER_CHECKPOINT_INTERVAL)
        filterHeaders.push(lies.checkpoint?.(headers[height]!, height) ?? headers[height]!)
      return Promise.resolve({ filterType: BASIC_FILTER_TYPE, stopHash: query.stopHash, filterHeaders })
    },
  }
}
