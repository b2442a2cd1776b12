import type { BlockHash } from '@sapwood/wire-codec'
import type { PeerId, TokenBucket } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { ChainSyncDuty } from './chain-sync-guard.ts'
import { headerAllowance } from './header-allowance.ts'
import type { ChainEntry } from './chain-entry.ts'
import type { LowWorkSync } from './low-work-sync.ts'

/** What the header sync needs to know of a peer when its handshake is done. */
export interface HeaderPeerFacts {
  /** Outbound and not a feeler: preferred as the sync peer. */
  readonly preferred: boolean
  /** Not to be let go for being slow (a manual peer, or one with the `noban` permission). */
  readonly protected: boolean
  /** Whether it is let go where its chain stays behind ours. */
  readonly chainSync: ChainSyncDuty
}

/** A peer as the header sync sees it. */
export class HeaderPeer {
  readonly id: PeerId
  readonly facts: HeaderPeerFacts
  /** Asked for headers at least once. */
  started = false
  /** When the `getheaders` that is not answered yet left. */
  askedAt: Instant | undefined
  /** `askedAt` is of what follows the headers that are about to be checked. */
  askedAhead = false
  /** The block with the most work that the peer is known to have. */
  best: ChainEntry | undefined
  /** A hash it announced that we have no header for yet. */
  announcedUnknown: BlockHash | undefined
  /** Its chain has too little work so far: its headers are looked at, and not kept. */
  lowWork: LowWorkSync | undefined
  /** Its last answer brought us nothing: not chosen as the sync peer before then. */
  restsUntil = 0
  /** By when it has to answer what it was asked as the sync peer. */
  deadline: number | undefined
  /** Most work of a full message that brought nothing new: one that shows no more is no progress. */
  shownAgain = 0n
  /** A low-work chain of it did not hold together: the next is not begun before then. */
  lowWorkAfter = 0
  /** When it is asked again, since a header of it was too new, by our clock at least. */
  askAgainAt: number = Number.POSITIVE_INFINITY
  /** What of its headers is looked at for nothing. */
  readonly allowance: TokenBucket

  constructor(id: PeerId, facts: HeaderPeerFacts, now: Instant) {
    this.id = id
    this.facts = facts
    this.allowance = headerAllowance(now)
  }

  /**
   * @returns whether a full message of known headers up to one of this work
   * reaches further than those before it.
   */
  showsMore(work: bigint): boolean {
    if (work <= this.shownAgain) return false
    this.shownAgain = work
    return true
  }
}
