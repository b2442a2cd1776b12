/**
 * Bitcoin Core's `TxRequestTracker`.
 * https://github.com/bitcoin/bitcoin/blob/master/src/txrequest.h
 * @module
 */

import { type Hash256, hexToBytes, MAX_PEER_TX_ANNOUNCEMENTS } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { drawBelow, type Instant, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'
import { DeadlineQueue } from './deadline-queue.ts'

/**
 * Announcements remembered of all inbound peers together, some 450 bytes each: beyond, each may have its
 * share and no more. Those of our own choice are few, and are not counted.
 */
const MAX_INBOUND_TX_ANNOUNCEMENTS = 50_000
/** Requests to one peer beyond which others are asked first (Core, `MAX_PEER_TX_REQUEST_IN_FLIGHT`). */
const MAX_PEER_TX_REQUEST_IN_FLIGHT = 100
/**
 * Each reason to ask a peer later than others (Core, `TXID_RELAY_DELAY`,
 * `NONPREF_PEER_TX_DELAY`, `OVERLOADED_PEER_TX_DELAY`).
 */
const TX_REQUEST_DELAY = 2_000
/** After this the next peer is asked (Core, `GETDATA_TX_INTERVAL`). */
const TX_REQUEST_EXPIRY = MINUTE
/**
 * Announcements whose time has come that are looked at in one go: some milliseconds of work. Ten peers may
 * have 50,000 between them that become due at once.
 */
const MAX_DUE_AT_ONCE = 1_000
/** Reasons that can add up. */
const MAX_DELAYS = 3
/** A small integer takes no memory of its own. */
const LOTS = 2 ** 30

/** A peer said that it has a transaction. */
interface Announcement {
  readonly key: string
  readonly peer: PeerId
  readonly preferred: boolean
  /** Breaks ties between equals, differently each time, so that nobody can arrange to be asked first. */
  readonly lot: number
  state: 'delayed' | 'ready' | 'requested' | 'failed'
  /** Where it waits for its time: while it is delayed or requested. */
  queue: DeadlineQueue<Announcement> | undefined
}

interface PeerCount {
  announced: number
  inFlight: number
  readonly keys: Set<string>
  /** Dialled by us. */
  readonly outbound: boolean
}

/** To ask this peer for this transaction. */
export interface TransactionRequest {
  readonly peer: PeerId
  readonly hash: Hash256
}

/**
 * Which transaction to ask of whom: each of one peer at a time, the next one when that one fails, is silent
 * or is gone. As Core's `TxRequestTracker`.
 */
export class TransactionRequests {
  readonly #random: Random
  /** A list, since nearly every hash is announced by few: a map takes 200 bytes for one. */
  readonly #byHash = new Map<string, Announcement[]>()
  readonly #byPeer = new Map<PeerId, PeerCount>()
  /** Hashes whose request has ended and that may be asked of somebody else. */
  readonly #retry = new Set<string>()
  /** One queue for each number of delays. */
  readonly #delayed: readonly DeadlineQueue<Announcement>[] = Array.from(
    { length: MAX_DELAYS + 1 },
    (_, delays) => new DeadlineQueue<Announcement>(delays * TX_REQUEST_DELAY),
  )
  readonly #expiring = new DeadlineQueue<Announcement>(TX_REQUEST_EXPIRY)
  #inbound = 0
  #isBehind = false

  constructor({ random }: { readonly random: Random }) {
    this.#random = random
  }

  /** Announcements remembered. */
  get size(): number {
    let total = 0
    for (const { announced } of this.#byPeer.values()) total += announced
    return total
  }

  /** Announcements that wait for their time. */
  get queued(): number {
    return [...this.#delayed, this.#expiring].reduce((total, queue) => total + queue.size, 0)
  }

  /** Whether the last call of `next` left something that is due: it is to be called again soon. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  addPeer(peer: PeerId, { outbound }: { readonly outbound: boolean }): void {
    this.#byPeer.set(peer, { announced: 0, inFlight: 0, keys: new Set(), outbound })
    if (!outbound) this.#inbound++
  }

  removePeer(peer: PeerId): void {
    const count = this.#byPeer.get(peer)
    this.#byPeer.delete(peer)
    if (count?.outbound === false) this.#inbound--
    for (const key of count?.keys ?? []) {
      const announcements = this.#byHash.get(key)
      const announcement = ofPeer(announcements, peer)
      if (announcement === undefined) continue
      announcements!.splice(announcements!.indexOf(announcement), 1)
      unqueue(announcement)
      if (announcement.state === 'requested') this.#retry.add(key)
      this.#forgetIfHopeless(key)
    }
  }

  /** Whether any announcement of a peer is remembered. */
  hasAnnounced(peer: PeerId): boolean {
    return (this.#byPeer.get(peer)?.announced ?? 0) > 0
  }

  /** Whether one more announcement of a peer would be remembered. */
  hasRoom(peer: PeerId): boolean {
    const count = this.#byPeer.get(peer)
    return count !== undefined && count.announced < this.#limitOf(count)
  }

  /** `delays`: how many reasons there are to ask this peer late, without overload, which is known here. */
  announced(
    { peer, key }: { readonly peer: PeerId; readonly key: string },
    { preferred, delays }: { readonly preferred: boolean; readonly delays: number },
    now: Instant,
  ): void {
    if (!this.hasRoom(peer)) return
    const count = this.#byPeer.get(peer)!
    let announcements = this.#byHash.get(key)
    if (announcements === undefined) {
      announcements = []
      this.#byHash.set(key, announcements)
    }
    if (ofPeer(announcements, peer) !== undefined) return
    const overloaded = count.inFlight >= MAX_PEER_TX_REQUEST_IN_FLIGHT ? 1 : 0
    const queue = this.#delayed[Math.min(delays + overloaded, MAX_DELAYS)]!
    const lot = drawBelow(this.#random, LOTS)
    const announcement: Announcement = { key, peer, preferred, lot, state: 'delayed', queue }
    announcements.push(announcement)
    count.announced++
    count.keys.add(key)
    queue.add(announcement, now)
  }

  /** Who has announced it. */
  announcers(key: string): PeerId[] {
    return (this.#byHash.get(key) ?? []).map(({ peer }) => peer)
  }

  /** The peer will not deliver: it said so, or what it delivered was of no use. */
  failed(peer: PeerId, key: string): void {
    const announcement = ofPeer(this.#byHash.get(key), peer)
    if (announcement !== undefined) this.#fail(announcement)
  }

  /**
   * The transaction is here, or not wanted any more: its announcements go.
   * @param keeps Of whom it is still to be asked.
   */
  forget(key: string, keeps: (peer: PeerId) => boolean = () => false): void {
    const announcements = this.#byHash.get(key)
    if (announcements === undefined) return
    const kept = announcements.filter(({ state, peer }) => state !== 'failed' && keeps(peer))
    for (const announcement of announcements) {
      if (kept.includes(announcement)) continue
      const { peer, state } = announcement
      unqueue(announcement)
      const count = this.#byPeer.get(peer)
      if (count === undefined) continue
      count.announced--
      count.keys.delete(key)
      if (state === 'requested') count.inFlight--
    }
    if (kept.length === 0) {
      this.#byHash.delete(key)
      return
    }
    this.#byHash.set(key, kept)
    this.#retry.add(key)
  }

  /**
   * What to ask for now: of what is due, as much as is looked at in one go. Each is taken as asked; the rest
   * is for the next call.
   */
  next(now: Instant): TransactionRequest[] {
    let left = MAX_DUE_AT_ONCE
    for (const announcement of this.#expiring.due(now, left)) {
      left--
      this.#fail(announcement)
    }
    const keys = new Set<string>()
    for (const key of this.#retry) {
      if (left === 0) break
      left--
      this.#retry.delete(key)
      keys.add(key)
    }
    for (const queue of this.#delayed) {
      for (const announcement of queue.due(now, left)) {
        left--
        announcement.state = 'ready'
        announcement.queue = undefined
        keys.add(announcement.key)
      }
    }
    this.#isBehind = left === 0
    const requests: TransactionRequest[] = []
    for (const key of keys) {
      const chosen = this.#choose(key)
      if (chosen === undefined) continue
      chosen.state = 'requested'
      this.#byPeer.get(chosen.peer)!.inFlight++
      chosen.queue = this.#expiring
      chosen.queue.add(chosen, now)
      requests.push({ peer: chosen.peer, hash: hexToBytes(key) })
    }
    return requests
  }

  #limitOf({ outbound }: PeerCount): number {
    if (outbound) return MAX_PEER_TX_ANNOUNCEMENTS
    return Math.min(MAX_PEER_TX_ANNOUNCEMENTS, Math.floor(MAX_INBOUND_TX_ANNOUNCEMENTS / this.#inbound))
  }

  #choose(key: string): Announcement | undefined {
    let best: Announcement | undefined
    for (const announcement of this.#byHash.get(key) ?? []) {
      if (announcement.state === 'requested') return undefined
      if (announcement.state !== 'ready') continue
      if (best === undefined || isBetter(announcement, best)) best = announcement
    }
    return best
  }

  #fail(announcement: Announcement): void {
    const { key, peer, state } = announcement
    if (ofPeer(this.#byHash.get(key), peer) !== announcement || state === 'failed') return
    if (announcement.state === 'requested') {
      const count = this.#byPeer.get(announcement.peer)
      if (count !== undefined) count.inFlight--
      this.#retry.add(announcement.key)
    }
    announcement.state = 'failed'
    unqueue(announcement)
    this.#forgetIfHopeless(announcement.key)
  }

  #forgetIfHopeless(key: string): void {
    for (const { state } of this.#byHash.get(key) ?? []) if (state !== 'failed') return
    this.forget(key)
  }
}

function ofPeer(announcements: readonly Announcement[] | undefined, peer: PeerId): Announcement | undefined {
  return announcements?.find((announcement) => announcement.peer === peer)
}

/** Nobody waits for it any more: a peer that announces and takes back, over and over, fills no queue. */
function unqueue(announcement: Announcement): void {
  announcement.queue?.delete(announcement)
  announcement.queue = undefined
}

function isBetter(a: Announcement, b: Announcement): boolean {
  return a.preferred === b.preferred ? a.lot < b.lot : a.preferred
}
