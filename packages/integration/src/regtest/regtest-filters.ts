import {
  BASIC_FILTER_TYPE,
  type Block,
  type BlockHash,
  buildBasicFilter,
  bytesToHex,
  filterHash,
  filterHeader,
  genesisBlock,
  type Hash256,
  MAX_FILTER_HEADERS_PER_REQUEST,
  MAX_FILTERS_PER_REQUEST,
  regtest,
  txid,
} from '@sapwood/wire-codec'
import type { CompactFilter, CompactFilterHeaders, CompactFilterQuery, InvalidRequest } from '@sapwood/peer'
import type { RegtestChain } from './regtest-chain.ts'

const GENESIS: Block = genesisBlock(regtest)
const NO_HEADER = new Uint8Array(32) as Uint8Array as Hash256

/** What becomes of a filter before it is served: nothing, where it is an honest one. */
export type BendFilter = (filter: Uint8Array, height: number) => Uint8Array

/** What a peer serves of a chain's filters; part of the `PeerServices` of `@sapwood/peer`. */
export interface RegtestFilterServices {
  compactFilters(query: CompactFilterQuery): readonly CompactFilter[] | InvalidRequest
  compactFilterHeaders(query: CompactFilterQuery): CompactFilterHeaders | InvalidRequest
}

/**
 * Serves the filters of a chain (BIP157), as Bitcoin Core with `-peerblockfilters` does. Each is built when
 * it is first asked for.
 * @param chainOfNow the chain that is served at the moment it is asked for.
 * @param bend Default: honest.
 */
export function regtestFilterServices(
  chainOfNow: () => RegtestChain,
  bend: BendFilter = (filter) => filter,
): RegtestFilterServices {
  const index = new FilterIndex(bend)
  return {
    compactFilters: (query) => {
      const chain = chainOfNow()
      const stop = stopOf(query, chain, MAX_FILTERS_PER_REQUEST)
      if (typeof stop !== 'number') return stop
      return heights(query.startHeight, stop).map((height) => ({
        filterType: BASIC_FILTER_TYPE,
        blockHash: hashAt(chain, height),
        filter: index.at(chain, height).filter,
      }))
    },
    compactFilterHeaders: (query) => {
      const chain = chainOfNow()
      const stop = stopOf(query, chain, MAX_FILTER_HEADERS_PER_REQUEST)
      if (typeof stop !== 'number') return stop
      const { startHeight, stopHash } = query
      return {
        filterType: BASIC_FILTER_TYPE,
        stopHash,
        previousFilterHeader: startHeight === 0 ? NO_HEADER : index.at(chain, startHeight - 1).header,
        filterHashes: heights(startHeight, stop).map((height) => index.at(chain, height).hash),
      }
    },
  }
}

/** The filter headers of a chain, from height 0 on. */
export function trueFilterHeaders(chain: RegtestChain): readonly Hash256[] {
  const index = new FilterIndex((filter) => filter)
  return heights(0, chain.height).map((height) => index.at(chain, height).header)
}

interface IndexedFilter {
  readonly filter: Uint8Array
  readonly hash: Hash256
  readonly header: Hash256
}

/** Filters of all chains that were asked for, by the hash of the block. */
class FilterIndex {
  readonly #bend: BendFilter
  readonly #filters = new Map<string, IndexedFilter>()
  /** What each output pays to, by txid and index, of all blocks that were looked at. */
  readonly #scripts = new Map<string, Uint8Array>()

  constructor(bend: BendFilter) {
    this.#bend = bend
  }

  at(chain: RegtestChain, height: number): IndexedFilter {
    let known = height
    while (known >= 0 && !this.#filters.has(keyAt(chain, known))) known--
    // From the bottom up: what a block spends was made below it, and so was what its header builds on.
    for (let each = known + 1; each <= height; each++) {
      const filter = this.#bend(this.#build(chain.at(each)?.block ?? GENESIS), each)
      const hash = filterHash(filter)
      const previous = each === 0 ? NO_HEADER : this.#filters.get(keyAt(chain, each - 1))!.header
      this.#filters.set(keyAt(chain, each), { filter, hash, header: filterHeader(hash, previous) })
    }
    return this.#filters.get(keyAt(chain, height))!
  }

  #build(block: Block): Uint8Array {
    for (const transaction of block.transactions) {
      const id = bytesToHex(txid(transaction))
      transaction.outputs.forEach(({ scriptPubKey }, output) => {
        this.#scripts.set(`${id}:${output}`, scriptPubKey)
      })
    }
    const spent = block.transactions.slice(1).flatMap(({ inputs }) =>
      inputs.map(({ previousOutput }) => {
        const key = `${bytesToHex(previousOutput.txid)}:${previousOutput.index}`
        return this.#scripts.get(key) ?? new Uint8Array()
      }),
    )
    return buildBasicFilter(block, spent)
  }
}

/** Height of the stop block, where the request is one that Core answers. */
function stopOf(
  { filterType, startHeight, stopHash }: CompactFilterQuery,
  chain: RegtestChain,
  most: number,
): number | InvalidRequest {
  const stop = chain.heightOf(stopHash)
  if (filterType !== BASIC_FILTER_TYPE) return { invalid: `no filters of type ${filterType}` }
  if (stop === undefined) return { invalid: 'unknown stop block' }
  if (startHeight > stop || stop - startHeight >= most) return { invalid: 'start and stop do not fit' }
  return stop
}

function hashAt(chain: RegtestChain, height: number): BlockHash {
  return height === 0 ? regtest.genesisHash : chain.at(height)!.hash
}

function keyAt(chain: RegtestChain, height: number): string {
  return bytesToHex(hashAt(chain, height))
}

function heights(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
