import type { Peer, PeerId } from '@sapwood/peer'

/** Milliseconds that filters, or filter headers, may take to come. */
export const FILTER_TIMEOUT = 30_000

/** A peer that offers filters (`NODE_COMPACT_FILTERS`). */
export interface FilterPeer {
  readonly id: PeerId
  readonly peer: Pick<
    Peer,
    'getCompactFilterCheckpoints' | 'getCompactFilterHeaders' | 'getCompactFilters' | 'getHeaders'
  >
}

/** What did not come. */
export type FilterSilence = 'no-filters' | 'no-filter-headers'

/** Who filters can be asked of. */
export interface FilterPeers {
  /**
   * Those that are known to have the best chain's block at a height, and were dialled by us; those that
   * dialled us where there is none of them. Waits for one where there is none at all.
   * @throws NodeError `no-filter-peer` when none came in time; the signal's reason.
   */
  having(height: number, signal: AbortSignal): Promise<readonly FilterPeer[]>
  /** For a lie that is proven: the address is discouraged. In either case the peer is not given out again. */
  punish(peer: PeerId, detail: string): Promise<void>
  /** For what cannot be proven: the connection ends, and another takes its place. */
  letGo(peer: PeerId, detail: string): Promise<void>
  /**
   * It did not answer, however often it was asked. Twice in a row for the same, and it is let go, or passed
   * over for a while where it may not be; once may be no more than an index that lags behind the chain, which
   * Bitcoin Core keeps silent about.
   */
  silent(peer: PeerId, what: FilterSilence): Promise<void>
  /** It did answer. */
  answered(peer: PeerId, what: FilterSilence): void
}
