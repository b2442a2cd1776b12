/**
 * An outbound peer on a worse chain is asked, and then let go (Bitcoin Core, `ConsiderEviction`).
 * https://github.com/bitcoin/bitcoin/blob/master/src/net_processing.cpp
 * @module
 */

import type { BlockHash } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { type Instant, MINUTE } from '@sapwood/transport-v1v2/environment'
import type { ChainEntry } from './chain-entry.ts'
import { HEADERS_RESPONSE_TIME } from './headers-response-time.ts'

/** Time to show a chain with as much work as ours had (Core, `CHAIN_SYNC_TIMEOUT`). */
const CHAIN_SYNC_TIMEOUT = 20 * MINUTE
/**
 * Peers that showed a good chain once and are excused for good (Core,
 * `MAX_OUTBOUND_PEERS_TO_PROTECT_FROM_DISCONNECT`).
 */
export const MAX_EXCUSED_PEERS = 4

/**
 * Whether a peer has to keep up with our chain. `required`: the node dialled it for itself, and it is let go
 * where it does not. `excusable`: that, and it may be one of the four that are excused (full relay).
 * `exempt`: inbound, or added by hand.
 */
export type ChainSyncDuty = 'required' | 'excusable' | 'exempt'

/** What is to be done about a peer: nothing, ask it for headers from here on, or let it go. */
export type ChainSyncVerdict =
  | { readonly type: 'fine' }
  | { readonly type: 'ask'; readonly from: BlockHash }
  | { readonly type: 'let-go' }

interface Watched {
  readonly duty: 'required' | 'excusable'
  /** Our tip when the clock was started, and when it runs out. */
  goal: { readonly tip: ChainEntry; readonly deadline: number; readonly asked: boolean } | undefined
}

const FINE: ChainSyncVerdict = { type: 'fine' }

/**
 * Bitcoin Core's rule against outbound peers on a chain with less work than ours (`ConsiderEviction`): each
 * such slot is one less to hear of the best chain by. Peers that once showed as much work as we had are
 * excused, up to four, so that a chain of ours that others refuse does not end in all of them being let go.
 */
export class ChainSyncGuard {
  readonly #watched = new Map<PeerId, Watched>()
  readonly #excused = new Set<PeerId>()

  add(peer: PeerId, duty: ChainSyncDuty): void {
    if (duty !== 'exempt') this.#watched.set(peer, { duty, goal: undefined })
  }

  remove(peer: PeerId): void {
    this.#watched.delete(peer)
    this.#excused.delete(peer)
  }

  /** The peer sent headers; `best` is the block with the most work that it is known to have. */
  showed(peer: PeerId, best: ChainEntry | undefined, tip: ChainEntry): void {
    if (this.#excused.size >= MAX_EXCUSED_PEERS || best === undefined || best.work < tip.work) return
    if (this.#watched.get(peer)?.duty === 'excusable') this.#excused.add(peer)
  }

  isExcused(peer: PeerId): boolean {
    return this.#excused.has(peer)
  }

  /** Call about once a second for each peer that has been asked for headers. */
  judge(peer: PeerId, best: ChainEntry | undefined, tip: ChainEntry, now: Instant): ChainSyncVerdict {
    const watched = this.#watched.get(peer)
    if (watched === undefined || this.#excused.has(peer)) return FINE
    if (best !== undefined && best.work >= tip.work) {
      watched.goal = undefined
      return FINE
    }
    const { goal } = watched
    // It may be behind for ever if only the distance stays: what counts is that it reaches what we had.
    if (goal === undefined || (best !== undefined && best.work >= goal.tip.work)) {
      watched.goal = { tip, deadline: now + CHAIN_SYNC_TIMEOUT, asked: false }
      return FINE
    }
    if (now <= goal.deadline) return FINE
    if (goal.asked) return { type: 'let-go' }
    watched.goal = { tip: goal.tip, deadline: now + HEADERS_RESPONSE_TIME, asked: true }
    return { type: 'ask', from: goal.tip.header.previousBlockHash }
  }
}
