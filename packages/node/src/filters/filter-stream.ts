import {
  BASIC_FILTER_TYPE,
  type BlockHash,
  bytesEqual,
  filterHash,
  filterHeader,
  type Hash256,
} from '@sapwood/wire-codec'
import type { HeaderChain } from '../chain/header-chain-types.ts'
import type { FilterHeaderSync } from './filter-header-sync.ts'
import { FILTER_TIMEOUT, type FilterPeer, type FilterPeers } from './filter-peers.ts'

/** Filters asked for at a time: about 4 MB of mainnet's. At most 1,000 (BIP157). */
const FILTERS_PER_REQUEST = 100

/** A filter whose header is in the chain of filter headers. */
export interface VerifiedFilter {
  readonly height: number
  /** Hash of its block. */
  readonly hash: BlockHash
  /** The filter as `cfilter` carries it; `openBasicFilter` of the wire codec opens it. */
  readonly bytes: Uint8Array
  readonly header: Hash256
}

export interface FilterStreamComponents {
  readonly chain: HeaderChain
  readonly peers: FilterPeers
  readonly sync: FilterHeaderSync
}

/**
 * Filters of the best chain in order, each held against its header. One request is under way at a time, and none before the
 * program has taken what came. A peer that is silent, or sends another filter than its header says, is replaced.
 */
export async function* filterStream(
  { from, to }: { readonly from: number; readonly to: number },
  components: FilterStreamComponents,
  signal: AbortSignal,
): AsyncGenerator<VerifiedFilter, void, undefined> {
  const { chain, peers, sync } = components
  let next = from
  for (let turn = 0; next <= to; turn++) {
    const stop = Math.max(next, Math.min(to, next + FILTERS_PER_REQUEST - 1, chain.tip().height))
    await sync.extendTo(stop, signal)
    const stopHash = chain.hashAt(stop)
    if (stopHash === undefined) continue
    const all = await peers.having(stop, signal)
    const peer = all[turn % all.length]!
    try {
      for await (const filter of fetch(peer, { next, stop, stopHash }, components, signal)) {
        yield filter
        next = filter.height + 1
      }
    } catch (error) {
      if (!(error instanceof PeerFailure)) throw error
    }
  }
}

/** The peer has been dealt with: go on with another. */
class PeerFailure extends Error {}

async function* fetch(
  { id, peer }: FilterPeer,
  { next, stop, stopHash }: { readonly next: number; readonly stop: number; readonly stopHash: BlockHash },
  { chain, peers, sync }: FilterStreamComponents,
  signal: AbortSignal,
): AsyncGenerator<VerifiedFilter, void, undefined> {
  const request = { filterType: BASIC_FILTER_TYPE, startHeight: next, stopHash }
  const options = { signal, timeout: FILTER_TIMEOUT }
  const filters = peer.getCompactFilters(request, options)[Symbol.asyncIterator]()
  let ended = false
  try {
    for (let height = next; height <= stop; height++) {
      const result = await filters.next().catch(() => undefined)
      signal.throwIfAborted()
      if (result === undefined || result.done === true) {
        ended = true
        await peers.silent(id, 'no-filters')
        throw new PeerFailure()
      }
      peers.answered(id, 'no-filters')
      const { blockHash, filter } = result.value
      const header = sync.headers.at(height)
      const hash = chain.hashAt(height)
      const previous = height === 0 ? new Uint8Array(32) : sync.headers.at(height - 1)
      // Gone by a reorg since they were asked for: from here on they are asked for anew.
      if (hash === undefined || header === undefined || previous === undefined || !chain.isActive(stopHash))
        return
      const claimed = filterHeader(filterHash(filter), previous as Hash256)
      if (!bytesEqual(blockHash, hash) || !bytesEqual(claimed, header)) {
        await peers.punish(id, `wrong filter of block ${height}`)
        throw new PeerFailure()
      }
      yield { height, hash, bytes: filter, header }
    }
  } finally {
    if (!ended) await filters.return?.()
  }
}
