import {
  bytesToHex,
  InventoryType,
  type InventoryVector,
  type Transaction,
  type Txid,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { drawBelow, drawExponential, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'
import type { Outbox } from '../chain/outbox.ts'
import type { BroadcastState, OwnBroadcast } from './own-broadcast.ts'
import type { RelayPeer } from './relay-peer.ts'
import type { TransactionAction } from './transaction-action.ts'

/**
 * Mean time between announcements to all inbound peers together (Core,
 * `INBOUND_INVENTORY_BROADCAST_INTERVAL`).
 */
const INBOUND_ANNOUNCE_INTERVAL = 5_000
/** Mean time between announcements to one outbound peer (Core, `OUTBOUND_INVENTORY_BROADCAST_INTERVAL`). */
const OUTBOUND_ANNOUNCE_INTERVAL = 2_000
/** Announcements in one message (Core, `INVENTORY_BROADCAST_MAX`). */
const MAX_ANNOUNCEMENTS_PER_MESSAGE = 1_000
/** A broadcast is repeated after 10 to 15 minutes (Core, `ReattemptInitialBroadcast`). */
const REBROADCAST_MIN = 10 * MINUTE
const REBROADCAST_SPREAD = 5 * MINUTE
/** With fewer relaying peers all are told at once, and none is left to tell us. */
const MIN_PEERS_FOR_LISTENER = 3
/** The listener is told after this long: by then those who were told have asked for it, and passed it on. */
export const LISTENER_WAIT: number = MINUTE
/** Broadcasts that have come to their end are forgotten, oldest first, beyond so many. */
const MAX_BROADCASTS_REMEMBERED = 1_000

export interface OwnBroadcastsComponents {
  readonly random: Random
  readonly peers: ReadonlyMap<PeerId, RelayPeer>
  readonly out: Outbox<TransactionAction>
}

/** The transactions of ours that are announced: to whom, when, and who shows that the network has them. */
export class OwnBroadcasts {
  readonly #random: Random
  readonly #peers: ReadonlyMap<PeerId, RelayPeer>
  readonly #out: Outbox<TransactionAction>
  /** By txid. */
  readonly #broadcasts = new Map<string, OwnBroadcast>()
  /** By txid and by wtxid. */
  readonly #byHash = new Map<string, OwnBroadcast>()
  #nextInboundAnnounceAt = 0

  constructor({ random, peers, out }: OwnBroadcastsComponents) {
    this.#random = random
    this.#peers = peers
    this.#out = out
  }

  get size(): number {
    return this.#broadcasts.size
  }

  states(): BroadcastState[] {
    return [...this.#broadcasts.values()].map((broadcast) => broadcast.state())
  }

  transactionOf(id: Txid): Transaction | undefined {
    return this.#broadcasts.get(bytesToHex(id))?.transaction
  }

  addPeer(peer: RelayPeer): void {
    peer.nextAnnounceAt = this.#announceTime(peer)
    if (!peer.facts.relays) return
    for (const broadcast of this.#broadcasts.values()) if (!broadcast.done) broadcast.queuedFor.add(peer.id)
  }

  removePeer(id: PeerId): void {
    for (const broadcast of this.#broadcasts.values()) broadcast.peerLeft(id)
  }

  /**
   * Begins one; one that is under way goes on as it was.
   * @param announcers Those who are known to have the transaction.
   * @returns whether it is new.
   */
  begin(broadcast: OwnBroadcast, announcers: readonly PeerId[]): boolean {
    const known = this.#broadcasts.get(broadcast.txidKey)
    if (known === undefined) {
      for (const id of announcers) {
        const peer = this.#peers.get(id)
        if (peer !== undefined && this.#isBelieved(peer)) broadcast.seenFrom.add(id)
      }
      this.#add(broadcast)
      this.#beginRound(broadcast)
      this.#tellOnlyPeer()
    }
    this.#changed(known ?? broadcast)
    return known === undefined
  }

  /** @returns false when there was none. */
  cancel(id: Txid): boolean {
    const broadcast = this.#broadcasts.get(bytesToHex(id))
    if (broadcast !== undefined) this.#drop(broadcast)
    return broadcast !== undefined
  }

  /** A peer said that it has what this key names. */
  seenBack(peer: RelayPeer, key: string): void {
    const broadcast = this.#byHash.get(key)
    if (broadcast === undefined) return
    const { id, facts } = peer
    // It says that it has it: no need to tell it. Whether that proves anything is another question.
    broadcast.queuedFor.delete(id)
    if (broadcast.seenFrom.has(id) || broadcast.announcedTo.has(id)) return
    if (facts.host !== undefined && broadcast.hostsTold.mayHave(facts.host, facts)) return
    if (!this.#isBelieved(peer)) return
    broadcast.seenFrom.add(id)
    this.#tellListener(broadcast)
    this.#changed(broadcast)
  }

  /** A block holds the transaction. @param key its txid. */
  confirmed(key: string): void {
    const broadcast = this.#broadcasts.get(key)
    if (broadcast === undefined || broadcast.confirmed) return
    broadcast.confirmed = true
    this.#changed(broadcast)
  }

  /** What a peer's `getdata` is answered with: only what was announced to it. */
  serve(id: PeerId, key: string): Transaction | undefined {
    const broadcast = this.#byHash.get(key)
    // Whoever was not told and asks all the same is probing where the transaction comes from.
    if (broadcast === undefined || !broadcast.announcedTo.has(id)) return undefined
    if (!broadcast.requestedBy.has(id)) {
      broadcast.requestedBy.add(id)
      this.#changed(broadcast)
    }
    return broadcast.transaction
  }

  /** What a peer has been told of and may still ask for, to be told once more. */
  toldTo(id: PeerId): InventoryVector[] {
    const peer = this.#peers.get(id)
    if (peer === undefined) return []
    return [...this.#broadcasts.values()]
      .filter((each) => !each.confirmed && each.announcedTo.has(id) && isWanted(each, peer))
      .map((each) => announcement(each, peer))
  }

  tick(): void {
    const { now } = this.#out
    for (const broadcast of this.#broadcasts.values()) {
      if (!broadcast.done && now >= broadcast.nextRoundAt) this.#beginRound(broadcast)
      else if (now >= broadcast.listenUntil) this.#tellListener(broadcast)
    }
    for (const peer of this.#peers.values()) if (now >= peer.nextAnnounceAt) this.#announceTo(peer)
  }

  #changed(broadcast: OwnBroadcast): void {
    this.#out.push({ type: 'broadcast-changed', state: broadcast.state() })
  }

  /**
   * Whether the network has what it says that it has. A stranger may have dialled us twice, and been told on
   * the other connection: those are believed only while there is nobody else.
   */
  #isBelieved({ facts }: RelayPeer): boolean {
    if (facts.outbound) return true
    for (const other of this.#peers.values())
      if (other.facts.outbound && other.facts.mayAnnounce) return false
    return true
  }

  /** There is nothing more to be heard from it, or it was silent for too long. */
  #tellListener(broadcast: OwnBroadcast): void {
    const { listener } = broadcast
    broadcast.listener = undefined
    broadcast.listenUntil = Number.POSITIVE_INFINITY
    if (listener === undefined || broadcast.confirmed) return
    if (this.#peers.has(listener) && !broadcast.seenFrom.has(listener)) broadcast.queuedFor.add(listener)
  }

  #add(broadcast: OwnBroadcast): void {
    this.#broadcasts.set(broadcast.txidKey, broadcast)
    for (const key of broadcast.keys) this.#byHash.set(key, broadcast)
    for (const old of this.#broadcasts.values()) {
      if (this.#broadcasts.size <= MAX_BROADCASTS_REMEMBERED) break
      if (old.done) this.#drop(old)
    }
  }

  #drop(broadcast: OwnBroadcast): void {
    this.#broadcasts.delete(broadcast.txidKey)
    for (const key of broadcast.keys) this.#byHash.delete(key)
  }

  /** Tells everybody who is not known to have it; in the first round one is told later than the others. */
  #beginRound(broadcast: OwnBroadcast): void {
    const { now } = this.#out
    this.#tellListener(broadcast)
    const peers = [...this.#peers.values()].filter(({ facts }) => facts.relays)
    const isFirst = broadcast.rounds === 0 && !broadcast.done && peers.length >= MIN_PEERS_FOR_LISTENER
    if (isFirst) {
      // Only one of our own choice is believed while there are such.
      const chosen = peers.filter(({ facts }) => facts.outbound && facts.mayAnnounce)
      const candidates = chosen.length > 0 ? chosen : peers
      broadcast.listener = candidates[drawBelow(this.#random, candidates.length)]!.id
      broadcast.listenUntil = now + LISTENER_WAIT
    }
    for (const { id } of peers) {
      const has = broadcast.requestedBy.has(id) || broadcast.seenFrom.has(id)
      if (id !== broadcast.listener && !has) broadcast.queuedFor.add(id)
    }
    broadcast.rounds++
    broadcast.nextRoundAt = now + REBROADCAST_MIN + drawBelow(this.#random, REBROADCAST_SPREAD)
  }

  /**
   * Times are drawn so that peers which compare notes cannot tell where a transaction comes from; to an only
   * one that we have dialled there is nothing to hide by a wait.
   */
  #tellOnlyPeer(): void {
    const [only, another] = this.#peers.values()
    if (only !== undefined && another === undefined && only.facts.outbound) this.#announceTo(only)
  }

  /** Tells a peer whose time has come of all that waits for it, in one message. */
  #announceTo(peer: RelayPeer): void {
    peer.nextAnnounceAt = this.#announceTime(peer)
    const inventory: InventoryVector[] = []
    for (const broadcast of this.#broadcasts.values()) {
      if (inventory.length === MAX_ANNOUNCEMENTS_PER_MESSAGE || !broadcast.queuedFor.delete(peer.id)) continue
      if (!isWanted(broadcast, peer)) continue
      broadcast.announcedTo.add(peer.id)
      if (peer.facts.host !== undefined) broadcast.hostsTold.add(peer.facts.host, peer.facts)
      inventory.push(announcement(broadcast, peer))
      this.#changed(broadcast)
    }
    if (inventory.length > 0)
      this.#out.push({ type: 'send', peer: peer.id, message: { type: 'inv', inventory } })
  }

  /** Inbound peers share one timer, so that connecting often does not show when a transaction appeared. */
  #announceTime({ facts }: RelayPeer): number {
    const { now } = this.#out
    if (facts.outbound) return now + drawExponential(this.#random, OUTBOUND_ANNOUNCE_INTERVAL)
    if (this.#nextInboundAnnounceAt <= now) {
      this.#nextInboundAnnounceAt = now + drawExponential(this.#random, INBOUND_ANNOUNCE_INTERVAL)
    }
    return this.#nextInboundAnnounceAt
  }
}

function isWanted({ feeRate }: OwnBroadcast, { feeFilter }: RelayPeer): boolean {
  return feeRate === undefined || feeRate >= feeFilter
}

function announcement({ transaction }: OwnBroadcast, { facts }: RelayPeer): InventoryVector {
  return facts.wtxidRelay
    ? { type: InventoryType.WTX, hash: wtxid(transaction) }
    : { type: InventoryType.TX, hash: txid(transaction) }
}
