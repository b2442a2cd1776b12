/**
 * Compact block filters, client side: filters, each held against its header.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import {
  BASIC_FILTER_TYPE,
  type BlockHash,
  bytesEqual,
  filterHash,
  filterHeader,
  type Hash256,
} from '@sapwood/wire-codec'
import type { CompactFilter, ParametersOf } from '@sapwood/peer'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { FilterHeaderSync } from './filter-header-sync.ts'
import { FILTER_TIMEOUTS, isLate } from './filter-timeouts.ts'
import type { FilterPeer, FilterPeers } from './filter-peers.ts'

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
 * Filters of the best chain in order, each held against its header. One request is under way at a time, and
 * none before the program has taken what came. A peer that is silent, or sends another filter than its header
 * says, is replaced.
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

/** Filters as they come. The question is put again where nothing at all has come of it for a while. */
async function* answersOf(
  { id, peer }: FilterPeer,
  request: ParametersOf<'getCompactFilters'>,
  {
    count,
    sync,
    signal,
  }: { readonly count: number; readonly sync: FilterHeaderSync; readonly signal: AbortSignal },
): AsyncGenerator<CompactFilter, void, undefined> {
  for (const timeout of FILTER_TIMEOUTS) {
    let hasBegun = false
    try {
      for await (const filter of peer.getCompactFilters(request, { signal, timeout })) {
        hasBegun = true
        yield filter
      }
      return
    } catch (error) {
      signal.throwIfAborted()
      if (hasBegun || !isLate(error)) return
      sync.strays.add(id, count)
    }
  }
}

async function* fetch(
  from: FilterPeer,
  { next, stop, stopHash }: { readonly next: number; readonly stop: number; readonly stopHash: BlockHash },
  { chain, peers, sync }: FilterStreamComponents,
  signal: AbortSignal,
): AsyncGenerator<VerifiedFilter, void, undefined> {
  const { id } = from
  const request = { filterType: BASIC_FILTER_TYPE, startHeight: next, stopHash }
  const count = stop - next + 1
  /** Answers that are still to come, however early this is given up. */
  let left = count
  let height = next
  let passedOver = 0
  let isGivenUp = true
  try {
    for await (const { blockHash, filter } of answersOf(from, request, { count, sync, signal })) {
      const header = sync.headers.at(height)
      const hash = chain.hashAt(height)
      const previous = height === 0 ? new Uint8Array(32) : sync.headers.at(height - 1)
      if (hash !== undefined && !bytesEqual(blockHash, hash) && sync.strays.take(id)) {
        passedOver += 1
        continue
      }
      left -= 1
      peers.answered(id, 'no-filters')
      // Gone by a reorg since they were asked for: from here on they are asked for anew.
      if (hash === undefined || header === undefined || previous === undefined || !chain.isActive(stopHash))
        return
      const claimed = filterHeader(filterHash(filter), previous as Hash256)
      if (!bytesEqual(blockHash, hash) || !bytesEqual(claimed, header)) {
        isGivenUp = false
        await peers.punish(id, `wrong filter of block ${height}`)
        throw new PeerFailure()
      }
      yield { height, hash, bytes: filter, header }
      if (height++ === stop) return
    }
    // The last answer to an earlier question for the same block ends this one, whose own are still to come.
    isGivenUp = passedOver > 0
  } finally {
    if (isGivenUp && left > 0) sync.strays.add(id, left)
  }
  signal.throwIfAborted()
  await peers.silent(id, 'no-filters')
  throw new PeerFailure()
}
