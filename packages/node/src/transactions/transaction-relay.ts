import {
  type Block,
  bytesToHex,
  hasWitness,
  type InventoryVector,
  InventoryType,
  MAX_GETDATA_SIZE,
  MAX_INV_SIZE,
  ProtocolVersion,
  type Transaction,
  transactionSize,
  type Txid,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import type { PeerId, TransactionId } from '@sapwood/peer'
import {
  drawBelow,
  drawExponential,
  type Instant,
  type Random,
  type WallTime,
} from '@sapwood/transport-v1v2/environment'
import { OwnBroadcast } from './own-broadcast.ts'
import { RecentSet } from './recent-set.ts'
import { transactionFault } from './transaction-check.ts'
import { copy, TransactionPool } from './transaction-pool.ts'
import type {
  BroadcastOptions,
  BroadcastState,
  HeardTransaction,
  PoolSize,
  TransactionAction,
  TransactionFilter,
  TransactionPeer,
  TransactionRelay,
} from './transaction-relay-types.ts'
import { TransactionRequests } from './transaction-requests.ts'

/**
 * Mean time between announcements to all inbound peers together (Core: INBOUND_INVENTORY_BROADCAST_INTERVAL).
 */
export const INBOUND_ANNOUNCE_INTERVAL_MS = 5_000
/** Mean time between announcements to one outbound peer (Core: OUTBOUND_INVENTORY_BROADCAST_INTERVAL). */
export const OUTBOUND_ANNOUNCE_INTERVAL_MS = 2_000
/** Announcements in one message (Core: INVENTORY_BROADCAST_MAX). */
const MAX_ANNOUNCEMENTS_PER_MESSAGE = 1_000
/** A broadcast is repeated after 10 to 15 minutes (Core: ReattemptInitialBroadcast). */
export const REBROADCAST_MIN_MS: number = 10 * 60_000
export const REBROADCAST_SPREAD_MS: number = 5 * 60_000
/** With fewer relaying peers all are told at once, and none is left to tell us. */
const MIN_PEERS_FOR_LISTENER = 3
/** The listener is told after this long: by then those who were told have asked for it, and passed it on. */
export const LISTENER_WAIT_MS = 60_000
/**
 * A txid delivered so often is asked of no inbound peer again:
 * the first witnesses may have been none of its author's.
 */
const MAX_DELIVERIES_PER_TXID = 3
/** Transactions had or refused lately are not asked for again (Core keeps the last 120,000 refused). */
const RECENT_TRANSACTIONS = 60_000
/** Broadcasts that have come to their end are forgotten, oldest first, beyond so many. */
const MAX_BROADCASTS_REMEMBERED = 1_000
/** Default bound of the pool. */
export const DEFAULT_POOL_BYTES: number = 32 * 1024 * 1024
/**
 * Below this fee rate peers need not announce to us,
 * satoshi per 1,000 virtual bytes (Core 30: minrelaytxfee).
 */
export const DEFAULT_FEE_FILTER = 100n

export interface TransactionRelayOptions {
  /** Whether what peers announce is fetched into the pool. Default: true. Broadcasts work either way. */
  readonly listen?: boolean
  /**
   * Memory of the transactions kept in the pool, in bytes: of each its size and about 1,500 more. Default:
   * 32 MiB.
   */
  readonly poolBytes?: number
  /** What we send as `feefilter`, satoshi per 1,000 virtual bytes. Default: 100. */
  readonly feeFilter?: bigint
}

interface RelayPeer {
  readonly id: PeerId
  readonly facts: TransactionPeer
  /** It does not want to hear of less (BIP133). */
  feeFilter: bigint
  nextAnnounceAt: number
}

export interface TransactionRelayComponents {
  readonly random: Random
  /** The time of day at an instant, which is told with what was heard. */
  readonly wallTime: (at: Instant) => WallTime
}

/** Hears of transactions and tells of ours. */
export function createTransactionRelay(
  options: TransactionRelayOptions,
  components: TransactionRelayComponents,
): TransactionRelay {
  return new PolicyTransactionRelay(options, components)
}

class PolicyTransactionRelay implements TransactionRelay {
  readonly #random: Random
  readonly #wallTime: (at: Instant) => WallTime
  readonly #listen: boolean
  readonly #feeFilter: bigint
  readonly #peers = new Map<PeerId, RelayPeer>()
  readonly #requests: TransactionRequests
  readonly #pool: TransactionPool
  readonly #recent = new RecentSet(RECENT_TRANSACTIONS)
  /** By txid. */
  readonly #broadcasts = new Map<string, OwnBroadcast>()
  /** By txid and by wtxid. */
  readonly #broadcastsByHash = new Map<string, OwnBroadcast>()
  #nextInboundAnnounceAt = 0

  constructor(options: TransactionRelayOptions, { random, wallTime }: TransactionRelayComponents) {
    this.#random = random
    this.#wallTime = wallTime
    this.#listen = options.listen ?? true
    this.#feeFilter = options.feeFilter ?? DEFAULT_FEE_FILTER
    this.#requests = new TransactionRequests({ random })
    this.#pool = new TransactionPool({ maxUsage: options.poolBytes ?? DEFAULT_POOL_BYTES })
  }

  addPeer(id: PeerId, facts: TransactionPeer, now: Instant): TransactionAction[] {
    if (!facts.relays && !facts.mayAnnounce) return []
    this.#peers.set(id, { id, facts, feeFilter: 0n, nextAnnounceAt: this.#announceTime(facts, now) })
    this.#requests.addPeer(id, facts)
    if (facts.relays) {
      for (const broadcast of this.#broadcasts.values()) if (!broadcast.done) broadcast.queuedFor.add(id)
    }
    if (!this.#listen || !facts.mayAnnounce || facts.commonVersion < ProtocolVersion.FEE_FILTER) return []
    return [{ type: 'send', peer: id, message: { type: 'feefilter', feeRate: this.#feeFilter } }]
  }

  removePeer(id: PeerId, now: Instant): TransactionAction[] {
    this.#peers.delete(id)
    this.#requests.removePeer(id)
    for (const broadcast of this.#broadcasts.values()) broadcast.queuedFor.delete(id)
    return this.#request(now, [])
  }

  onInventory(id: PeerId, inventory: readonly InventoryVector[], now: Instant): TransactionAction[] {
    const actions: TransactionAction[] = []
    const peer = this.#peers.get(id)
    if (inventory.length > MAX_INV_SIZE) {
      return [
        { type: 'punish', peer: id, reason: 'too-many-inventory', detail: `${inventory.length} entries` },
      ]
    }
    if (peer?.facts.mayAnnounce !== true) {
      const told = inventory.some(({ type }) => type === InventoryType.TX || type === InventoryType.WTX)
      return told ? [noneWanted(id)] : []
    }
    const priority = this.#priority(peer)
    const wanted = peer.facts.wtxidRelay ? InventoryType.WTX : InventoryType.TX
    for (const { type, hash } of inventory) {
      if (type !== wanted) continue
      // What is beyond a peer's share is ignored, and not worth a key either:
      // of a long list that is nearly all.
      if (this.#broadcasts.size === 0 && !(this.#listen && this.#requests.hasRoom(id))) break
      const key = bytesToHex(hash)
      this.#seenBack(peer, key, actions)
      if (!this.#listen) continue
      this.#pool.announced(key, id)
      if (this.#recent.has(key) || (!peer.facts.outbound && this.#isSettled(key))) continue
      this.#requests.announced({ peer: id, key }, priority, now)
    }
    return this.#request(now, actions)
  }

  onTransaction(id: PeerId, transaction: Transaction, now: Instant): TransactionAction[] {
    const actions: TransactionAction[] = []
    const peer = this.#peers.get(id)
    if (peer?.facts.mayAnnounce !== true) return [noneWanted(id)]
    const ids = { txid: txid(transaction), wtxid: wtxid(transaction) }
    const [txidKey, wtxidKey] = [bytesToHex(ids.txid), bytesToHex(ids.wtxid)]
    const known = this.#recent.has(wtxidKey)
    for (const key of [wtxidKey, txidKey]) this.#seenBack(peer, key, actions)
    // A txid does not vouch for the witness: only the wtxid says that this very transaction was here. What
    // others have announced by its txid is still to be asked for, until a peer of our own choice has
    // delivered by that.
    const announcers = this.#requests.announcers(wtxidKey)
    this.#requests.forget(wtxidKey)
    this.#requests.failed(id, txidKey)
    this.#recent.add(wtxidKey)
    if (peer.facts.outbound && !peer.facts.wtxidRelay) {
      this.#recent.add(txidKey)
      this.#requests.forget(txidKey)
    }
    if (known) this.#pool.delivered(txidKey)
    if (known || !this.#listen || transactionFault(transaction) !== undefined)
      return this.#request(now, actions)
    const heard = copy({ transaction, ...ids, size: transactionSize(transaction), at: this.#wallTime(now) })
    this.#pool.add(heard, { peer: id, preferred: peer.facts.outbound })
    for (const announcer of announcers) this.#pool.announced(wtxidKey, announcer)
    actions.push({ type: 'transaction-heard', peer: id, heard })
    return this.#request(now, actions)
  }

  onNotFound(id: PeerId, inventory: readonly InventoryVector[], now: Instant): TransactionAction[] {
    for (const { hash } of inventory) this.#requests.failed(id, bytesToHex(hash))
    return this.#request(now, [])
  }

  onFeeFilter(id: PeerId, feeRate: bigint): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined) peer.feeFilter = feeRate
  }

  onBlock(block: Block, now: Instant): TransactionAction[] {
    const actions: TransactionAction[] = []
    // While the node syncs there is nothing to be confirmed, and to make two keys of each
    // transaction costs a sixth of the sync.
    if (this.#pool.size + this.#requests.size + this.#broadcasts.size === 0) return actions
    for (const transaction of block.transactions) {
      const key = bytesToHex(txid(transaction))
      this.#pool.delete(key)
      this.#requests.forget(key)
      if (hasWitness(transaction)) this.#requests.forget(bytesToHex(wtxid(transaction)))
      const broadcast = this.#broadcasts.get(key)
      if (broadcast === undefined || broadcast.confirmed) continue
      broadcast.confirmed = true
      actions.push({ type: 'broadcast-changed', state: broadcast.state() })
    }
    return this.#request(now, actions)
  }

  serve(
    id: PeerId,
    { hash }: TransactionId,
  ): { readonly transaction?: Transaction; readonly actions: TransactionAction[] } {
    const broadcast = this.#broadcastsByHash.get(bytesToHex(hash))
    // Whoever was not told and asks all the same is probing where the transaction comes from.
    if (broadcast === undefined || !broadcast.announcedTo.has(id)) return { actions: [] }
    const { transaction } = broadcast
    if (broadcast.requestedBy.has(id)) return { transaction, actions: [] }
    broadcast.requestedBy.add(id)
    return { transaction, actions: [{ type: 'broadcast-changed', state: broadcast.state() }] }
  }

  tick(now: Instant): TransactionAction[] {
    const actions: TransactionAction[] = []
    for (const broadcast of this.#broadcasts.values()) {
      if (!broadcast.done && now >= broadcast.nextRoundAt) this.#beginRound(broadcast, now)
      else if (now >= broadcast.listenUntil) this.#tellListener(broadcast)
    }
    this.#announce(now, actions)
    return this.#request(now, actions)
  }

  broadcast(transaction: Transaction, { feeRate }: BroadcastOptions, now: Instant): TransactionAction[] {
    const broadcast = new OwnBroadcast(transaction, feeRate)
    const known = this.#broadcasts.get(broadcast.txidKey)
    if (known !== undefined) return [{ type: 'broadcast-changed', state: known.state() }]
    const { txidKey, wtxidKey } = broadcast
    for (const id of [
      ...this.#requests.announcers(txidKey),
      ...this.#requests.announcers(wtxidKey),
      ...this.#pool.announcers(wtxidKey),
    ]) {
      const peer = this.#peers.get(id)
      if (peer !== undefined && this.#isBelieved(peer)) broadcast.seenFrom.add(id)
    }
    this.#addBroadcast(broadcast)
    this.#beginRound(broadcast, now)
    return [{ type: 'broadcast-changed', state: broadcast.state() }]
  }

  cancelBroadcast(id: Txid): boolean {
    const broadcast = this.#broadcasts.get(bytesToHex(id))
    if (broadcast !== undefined) this.#dropBroadcast(broadcast)
    return broadcast !== undefined
  }

  broadcasts(): BroadcastState[] {
    return [...this.#broadcasts.values()].map((broadcast) => broadcast.state())
  }

  get(id: Txid): HeardTransaction | undefined {
    const heard = this.#pool.get(id)
    if (heard !== undefined) return heard
    const transaction = this.#broadcasts.get(bytesToHex(id))?.transaction
    if (transaction === undefined) return undefined
    return {
      transaction,
      txid: id,
      wtxid: wtxid(transaction),
      size: transactionSize(transaction),
      at: 0 as WallTime,
    }
  }

  subscribe(filter: TransactionFilter, listener: (heard: HeardTransaction) => void): () => void {
    return this.#pool.subscribe(filter, listener)
  }

  transactions(): Iterable<Transaction> {
    return this.#pool.transactions()
  }

  pool(): PoolSize {
    return { transactions: this.#pool.size, bytes: this.#pool.bytes, usage: this.#pool.usage }
  }

  /**
   * Strangers have delivered enough by this txid. For a wtxid it says nothing that is not known otherwise.
   */
  #isSettled(key: string): boolean {
    return this.#pool.deliveries(key) >= MAX_DELIVERIES_PER_TXID
  }

  #priority({ facts }: RelayPeer): { readonly preferred: boolean; readonly delays: number } {
    let delays = facts.outbound ? 0 : 1
    if (!facts.wtxidRelay && [...this.#peers.values()].some((peer) => peer.facts.wtxidRelay)) delays++
    return { preferred: facts.outbound, delays }
  }

  #seenBack(peer: RelayPeer, key: string, actions: TransactionAction[]): void {
    const broadcast = this.#broadcastsByHash.get(key)
    if (broadcast === undefined) return
    const { id } = peer
    // It says that it has it: no need to tell it. Whether that proves anything is another question.
    broadcast.queuedFor.delete(id)
    if (broadcast.seenFrom.has(id) || broadcast.announcedTo.has(id)) return
    if (!this.#isBelieved(peer)) return
    broadcast.seenFrom.add(id)
    this.#tellListener(broadcast)
    actions.push({ type: 'broadcast-changed', state: broadcast.state() })
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

  #addBroadcast(broadcast: OwnBroadcast): void {
    this.#broadcasts.set(broadcast.txidKey, broadcast)
    for (const key of [broadcast.txidKey, broadcast.wtxidKey]) {
      this.#broadcastsByHash.set(key, broadcast)
      this.#recent.add(key)
    }
    for (const old of this.#broadcasts.values()) {
      if (this.#broadcasts.size <= MAX_BROADCASTS_REMEMBERED) break
      if (old.done) this.#dropBroadcast(old)
    }
  }

  #dropBroadcast(broadcast: OwnBroadcast): void {
    this.#broadcasts.delete(broadcast.txidKey)
    for (const key of [broadcast.txidKey, broadcast.wtxidKey]) this.#broadcastsByHash.delete(key)
  }

  /** Tells everybody who is not known to have it; in the first round one is told later than the others. */
  #beginRound(broadcast: OwnBroadcast, now: Instant): void {
    this.#tellListener(broadcast)
    const peers = [...this.#peers.values()].filter(({ facts }) => facts.relays)
    const isFirst = broadcast.rounds === 0 && !broadcast.done && peers.length >= MIN_PEERS_FOR_LISTENER
    if (isFirst) {
      // Only one of our own choice is believed while there are such.
      const chosen = peers.filter(({ facts }) => facts.outbound && facts.mayAnnounce)
      const candidates = chosen.length > 0 ? chosen : peers
      broadcast.listener = candidates[drawBelow(this.#random, candidates.length)]!.id
      broadcast.listenUntil = now + LISTENER_WAIT_MS
    }
    for (const { id } of peers) {
      const has = broadcast.requestedBy.has(id) || broadcast.seenFrom.has(id)
      if (id !== broadcast.listener && !has) broadcast.queuedFor.add(id)
    }
    broadcast.rounds++
    broadcast.nextRoundAt = now + REBROADCAST_MIN_MS + drawBelow(this.#random, REBROADCAST_SPREAD_MS)
  }

  /** Tells each peer whose time has come, in one message. */
  #announce(now: Instant, actions: TransactionAction[]): void {
    for (const peer of this.#peers.values()) {
      if (now < peer.nextAnnounceAt) continue
      peer.nextAnnounceAt = this.#announceTime(peer.facts, now)
      const inventory: InventoryVector[] = []
      for (const broadcast of this.#broadcasts.values()) {
        if (inventory.length === MAX_ANNOUNCEMENTS_PER_MESSAGE || !broadcast.queuedFor.delete(peer.id))
          continue
        if (broadcast.feeRate !== undefined && broadcast.feeRate < peer.feeFilter) continue
        broadcast.announcedTo.add(peer.id)
        inventory.push(
          peer.facts.wtxidRelay
            ? { type: InventoryType.WTX, hash: wtxid(broadcast.transaction) }
            : { type: InventoryType.TX, hash: txid(broadcast.transaction) },
        )
        actions.push({ type: 'broadcast-changed', state: broadcast.state() })
      }
      if (inventory.length > 0)
        actions.push({ type: 'send', peer: peer.id, message: { type: 'inv', inventory } })
    }
  }

  /** Inbound peers share one timer, so that connecting often does not show when a transaction appeared. */
  #announceTime({ outbound }: TransactionPeer, now: Instant): number {
    if (outbound) return now + drawExponential(this.#random, OUTBOUND_ANNOUNCE_INTERVAL_MS)
    if (this.#nextInboundAnnounceAt <= now) {
      this.#nextInboundAnnounceAt = now + drawExponential(this.#random, INBOUND_ANNOUNCE_INTERVAL_MS)
    }
    return this.#nextInboundAnnounceAt
  }

  #request(now: Instant, actions: TransactionAction[]): TransactionAction[] {
    const byPeer = new Map<PeerId, InventoryVector[]>()
    for (const { peer, hash } of this.#requests.next(now)) {
      const type =
        this.#peers.get(peer)?.facts.wtxidRelay === true ? InventoryType.WTX : InventoryType.WITNESS_TX
      const inventory = byPeer.get(peer) ?? []
      byPeer.set(peer, inventory)
      inventory.push({ type, hash })
    }
    for (const [peer, inventory] of byPeer) {
      for (let from = 0; from < inventory.length; from += MAX_GETDATA_SIZE) {
        const part = inventory.slice(from, from + MAX_GETDATA_SIZE)
        actions.push({ type: 'send', peer, message: { type: 'getdata', inventory: part } })
      }
    }
    return actions
  }
}

/** It was told in our `version` to announce and send none: Core disconnects it, and so do we. */
function noneWanted(peer: PeerId): TransactionAction {
  return { type: 'disconnect', peer, reason: 'transaction-when-none-wanted' }
}
