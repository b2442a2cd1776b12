/**
 * What the node is at.
 * - `choosing-chain`: headers are asked for until no peer has more work to show.
 * - `syncing`: the chain is chosen; a program's stream of blocks is far behind its tip.
 * - `running`: at the tip; transactions and new blocks are relayed.
 */
export type PhaseName = 'choosing-chain' | 'syncing' | 'running'

/** What a phase decides by. */
export interface PhaseView {
  /** Peers past their handshake that headers can come from. */
  readonly headerPeers: number
  /** Whether the peer that headers come from has no more of them for us. */
  readonly headersCaughtUp: boolean
  /** Blocks that the slowest following stream is behind the best header; 0 where there is none. */
  readonly blocksBehind: number
}

/**
 * One phase: what the node does in it, and when it ends. Phases hold no state; the loop asks the current one
 * after everything that could change the view.
 */
export interface Phase {
  readonly name: PhaseName
  /**
   * Transactions are announced, asked for and accepted.
   * In the other phases they would be checked against nothing.
   */
  readonly relaysTransactions: boolean
  /** The tip is watched, and another connection made when no new block comes for too long. */
  readonly watchesTip: boolean
  /** Addresses are tested by feelers. Before that, every connection is needed for the chain. */
  readonly sendsFeelers: boolean
  /** Where to go from here; this phase's own name to stay. */
  next(view: PhaseView): PhaseName
}

/** Blocks behind the tip above which a stream counts as syncing: a day's worth. */
const FAR_BEHIND = 144

/**
 * Headers first. One peer that keeps silent cannot hold this phase: the header sync replaces it at its
 * deadline, and the phase ends as soon as the peer that headers come from has no more.
 */
const choosingChain: Phase = {
  name: 'choosing-chain',
  relaysTransactions: false,
  watchesTip: false,
  sendsFeelers: false,
  next: ({ headerPeers, headersCaughtUp, blocksBehind }) => {
    if (headerPeers === 0 || !headersCaughtUp) return 'choosing-chain'
    return blocksBehind > FAR_BEHIND ? 'syncing' : 'running'
  },
}

/** The chain is known, a program reads its blocks from far back: bandwidth goes there. */
const syncing: Phase = {
  name: 'syncing',
  relaysTransactions: false,
  watchesTip: true,
  sendsFeelers: true,
  next: ({ blocksBehind }) => (blocksBehind > 0 ? 'syncing' : 'running'),
}

/** At the tip. */
const running: Phase = {
  name: 'running',
  relaysTransactions: true,
  watchesTip: true,
  sendsFeelers: true,
  next: ({ blocksBehind }) => (blocksBehind > FAR_BEHIND ? 'syncing' : 'running'),
}

/** The phases by name. A node begins by choosing the chain. */
export const phases: Readonly<Record<PhaseName, Phase>> = {
  'choosing-chain': choosingChain,
  syncing,
  running,
}
