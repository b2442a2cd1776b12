import type { Peer, PeerId } from '@sapwood/peer'

/** A peer that offers filters (`NODE_COMPACT_FILTERS`). */
export interface FilterPeer {
  readonly id: PeerId
  readonly peer: Pick<Peer, 'getCompactFilters' | 'getCompactFilterHeaders'>
}

/** Who filters can be asked of. */
export interface FilterPeers {
  /**
   * Those that are known to have the best chain's block at a height; waits for one where there is none.
   * @throws NodeError `no-filter-peer` when none came in time; the signal's reason.
   */
  having(height: number, signal: AbortSignal): Promise<readonly FilterPeer[]>
  /** For a lie that is proven: the address is discouraged. In either case the peer is not given out again. */
  punish(peer: PeerId, detail: string): Promise<void>
  /** For silence, or for what cannot be proven: the connection ends, and another takes its place. */
  letGo(peer: PeerId, detail: string): Promise<void>
}
