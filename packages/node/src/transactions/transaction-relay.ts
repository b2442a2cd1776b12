/**
 * Transactions by their wtxid, and peers that want none below a fee rate.
 * https://github.com/bitcoin/bips/blob/master/bip-0339.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0133.mediawiki
 * @module
 */

import {
  type Block,
  bytesToHex,
  hasWitness,
  type InventoryVector,
  InventoryType,
  isTransactionEntry,
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
import type { Instant, Random, WallTime } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import { Outbox } from '../chain/outbox.ts'
import { type BroadcastOptions, type BroadcastState, OwnBroadcast } from './own-broadcast.ts'
import { OwnBroadcasts } from './own-broadcasts.ts'
import { RecentSet } from './recent-set.ts'
import type { RelayPeer, TransactionPeer } from './relay-peer.ts'
import type { TransactionAction } from './transaction-action.ts'
import { transactionFault } from './transaction-check.ts'
import {
  copy,
  type HeardTransaction,
  type PoolSize,
  type TransactionFilter,
  TransactionPool,
} from './transaction-pool.ts'
import { TransactionRequests } from './transaction-requests.ts'

/**
 * A txid delivered so often is asked of no inbound peer again:
 * the first witnesses may have been none of its author's.
 */
const MAX_DELIVERIES_PER_TXID = 3
/** Transactions had or refused lately are not asked for again (Core keeps the last 120,000 refused). */
const RECENT_TRANSACTIONS = 60_000
/** Of them, those that strangers sent without a witness; what is forgotten is asked for again. */
const BARE_TRANSACTIONS = 10_000
/**
 * Blocks below the tip at which the first was heard in which there may still be something of it: whoever told
 * of it may have been behind.
 */
const MAX_BLOCKS_BEHIND = 100
/** Default bound of the pool. */
const DEFAULT_POOL_BYTES: number = 32 * 1024 * 1024
/**
 * Below this fee rate peers need not announce to us,
 * satoshi per 1,000 virtual bytes (Core 30: minrelaytxfee).
 */
const DEFAULT_FEE_FILTER = 100n

/** The entries of an `inv` or a `notfound`, or some of them. */
export type Inventory = Iterable<InventoryVector> & { readonly length: number }

/** What is heard of transactions, and kept. */
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

export interface TransactionRelayComponents {
  readonly random: Random
  /** The time of day at an instant, which is told with what was heard. */
  readonly wallTime: (at: Instant) => WallTime
  /** Of the best chain. */
  readonly tipHeight: () => number
}

/**
 * Hears of transactions and tells of ours: what is asked of whom, what is told to whom, and what was heard.
 * What becomes of our own is for `OwnBroadcasts` to say. Pure: events in, actions out.
 */
export class TransactionRelay {
  readonly #wallTime: (at: Instant) => WallTime
  readonly #tipHeight: () => number
  readonly #listen: boolean
  readonly #feeFilter: bigint
  readonly #out = new Outbox<TransactionAction>()
  readonly #peers = new Map<PeerId, RelayPeer>()
  readonly #requests: TransactionRequests
  readonly #pool: TransactionPool
  readonly #recent = new RecentSet(RECENT_TRANSACTIONS)
  /** By txid: what strangers alone have sent, and without a witness. It may have had one. */
  readonly #bare = new RecentSet(BARE_TRANSACTIONS)
  readonly #broadcasts: OwnBroadcasts
  /** Height of the tip when the first of all was heard, or of the fork of a reorg since. */
  #heardFrom: number | undefined

  constructor(options: TransactionRelayOptions, { random, wallTime, tipHeight }: TransactionRelayComponents) {
    this.#wallTime = wallTime
    this.#tipHeight = tipHeight
    this.#listen = options.listen ?? true
    this.#feeFilter = options.feeFilter ?? DEFAULT_FEE_FILTER
    this.#requests = new TransactionRequests({ random })
    this.#pool = new TransactionPool({ maxUsage: options.poolBytes ?? DEFAULT_POOL_BYTES })
    this.#broadcasts = new OwnBroadcasts({ random, peers: this.#peers, out: this.#out })
  }

  addPeer(id: PeerId, facts: TransactionPeer, now: Instant): TransactionAction[] {
    if (!facts.relays && !facts.mayAnnounce) return []
    return this.#out.handle(now, () => {
      const peer: RelayPeer = { id, facts, feeFilter: 0n, nextAnnounceAt: 0 }
      this.#peers.set(id, peer)
      this.#requests.addPeer(id, facts)
      this.#broadcasts.addPeer(peer)
      if (!this.#listen || !facts.mayAnnounce || facts.commonVersion < ProtocolVersion.FEE_FILTER) return
      this.#out.push({ type: 'send', peer: id, message: { type: 'feefilter', feeRate: this.#feeFilter } })
    })
  }

  removePeer(id: PeerId, now: Instant): TransactionAction[] {
    return this.#then(now, () => {
      this.#peers.delete(id)
      this.#requests.removePeer(id)
      this.#broadcasts.removePeer(id)
    })
  }

  /** An `inv`; entries that are not transactions are passed over. */
  onInventory(id: PeerId, inventory: Inventory, now: Instant): TransactionAction[] {
    const peer = this.#peers.get(id)
    if (inventory.length > MAX_INV_SIZE) {
      return [
        { type: 'punish', peer: id, reason: 'too-many-inventory', detail: `${inventory.length} entries` },
      ]
    }
    if (peer?.facts.mayAnnounce !== true) {
      for (const { type } of inventory) if (isTransactionEntry(type)) return [noneWanted(id)]
      return []
    }
    return this.#then(now, () => this.#announced(peer, inventory))
  }

  #announced(peer: RelayPeer, inventory: Inventory): void {
    const { id, facts } = peer
    this.#heardFrom ??= this.#tipHeight()
    const priority = this.#priority(facts)
    const wanted = facts.wtxidRelay ? InventoryType.WTX : InventoryType.TX
    for (const { type, hash } of inventory) {
      if (type !== wanted) continue
      // What is beyond a peer's share is ignored, and not worth a key either: of a long list that is nearly
      // all.
      if (this.#broadcasts.size === 0 && !(this.#listen && this.#requests.hasRoom(id))) break
      const key = bytesToHex(hash)
      this.#broadcasts.seenBack(peer, key)
      if (!this.#listen) continue
      this.#pool.announced(key, id)
      if (this.#isHere(key, facts) || (!facts.outbound && this.#isSettled(key))) continue
      this.#requests.announced({ peer: id, key }, priority, this.#out.now)
    }
  }

  onTransaction(id: PeerId, transaction: Transaction, now: Instant): TransactionAction[] {
    const peer = this.#peers.get(id)
    if (peer?.facts.mayAnnounce !== true) return [noneWanted(id)]
    return this.#then(now, () => this.#hear(peer, transaction))
  }

  #hear(peer: RelayPeer, transaction: Transaction): void {
    const { id, facts } = peer
    this.#heardFrom ??= this.#tipHeight()
    const ids = { txid: txid(transaction), wtxid: wtxid(transaction) }
    const [txidKey, wtxidKey] = [bytesToHex(ids.txid), bytesToHex(ids.wtxid)]
    const known = this.#recent.has(wtxidKey) || this.#bare.has(wtxidKey)
    for (const key of [wtxidKey, txidKey]) this.#broadcasts.seenBack(peer, key)
    // A txid does not vouch for the witness: only the wtxid says that this very transaction was here. What
    // others have announced by its txid is still to be asked for, until a peer of our own choice has
    // delivered by that.
    const announcers = this.#requests.announcers(wtxidKey)
    const mayLackWitness = !facts.outbound && wtxidKey === txidKey
    this.#requests.forget(
      wtxidKey,
      (peer) => mayLackWitness && this.#knowsByTxid(this.#peers.get(peer)?.facts),
    )
    this.#requests.failed(id, txidKey)
    if (mayLackWitness && !this.#recent.has(wtxidKey)) this.#bare.add(wtxidKey)
    else {
      this.#recent.add(wtxidKey)
      this.#bare.delete(wtxidKey)
    }
    if (facts.outbound && !facts.wtxidRelay) {
      this.#recent.add(txidKey)
      this.#requests.forget(txidKey)
    }
    if (known) this.#pool.delivered(txidKey)
    if (known || !this.#listen || transactionFault(transaction) !== undefined) return
    const at = this.#wallTime(this.#out.now)
    const heard = copy({ transaction, ...ids, size: transactionSize(transaction), at })
    this.#pool.add(heard, { peer: id, preferred: facts.outbound })
    for (const announcer of announcers) this.#pool.announced(wtxidKey, announcer)
    this.#out.push({ type: 'transaction-heard', peer: id, heard })
  }

  onNotFound(id: PeerId, inventory: Inventory, now: Instant): TransactionAction[] {
    // Of who has told of none nothing is waited for, however much it says that it has not got.
    if (!this.#requests.hasAnnounced(id)) return []
    return this.#then(now, () => {
      for (const { type, hash } of inventory) {
        if (isTransactionEntry(type)) this.#requests.failed(id, bytesToHex(hash))
      }
    })
  }

  onFeeFilter(id: PeerId, feeRate: bigint): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined) peer.feeFilter = feeRate
  }

  /** Blocks of another branch may hold what was heard, however long they have been there. */
  onTipChange({ fork, disconnected }: TipChange): void {
    if (this.#heardFrom === undefined || disconnected.length === 0) return
    this.#heardFrom = Math.min(this.#heardFrom, fork.height)
  }

  /** A block of the best chain: what it holds is not waited for any more. */
  onBlock(block: Block, height: number, now: Instant): TransactionAction[] {
    // While the node syncs there is nothing to be confirmed, whatever strangers tell of meanwhile, and two
    // keys for each transaction cost a sixth of the sync.
    const isOlder = this.#heardFrom === undefined || height + MAX_BLOCKS_BEHIND < this.#heardFrom
    const heard = isOlder ? 0 : this.#pool.size + this.#requests.size
    if (heard + this.#broadcasts.size === 0) return []
    return this.#out.handle(now, () => {
      for (const transaction of block.transactions) {
        const key = bytesToHex(txid(transaction))
        this.#pool.delete(key)
        this.#requests.forget(key)
        if (hasWitness(transaction)) this.#requests.forget(bytesToHex(wtxid(transaction)))
        this.#broadcasts.confirmed(key)
      }
    })
  }

  /**
   * What `getdata` of this peer is answered with (`PeerServices.transaction`): only what was announced to it.
   */
  serve(
    id: PeerId,
    { hash }: TransactionId,
    now: Instant,
  ): { readonly transaction: Transaction | undefined; readonly actions: TransactionAction[] } {
    let transaction: Transaction | undefined
    const actions = this.#out.handle(now, () => {
      transaction = this.#broadcasts.serve(id, bytesToHex(hash))
    })
    return { transaction, actions }
  }

  /**
   * What `mempool` of this peer is answered with (BIP35): what it has been told of already, so that nobody
   * learns by it what was about to be told.
   */
  toldTo(id: PeerId): InventoryVector[] {
    return this.#broadcasts.toldTo(id)
  }

  /** Requests are due that the last call had no time for: `tick` is to be called again soon. */
  get isBehind(): boolean {
    return this.#requests.isBehind
  }

  /** Call about once a second, and more often for finer timing of announcements. */
  tick(now: Instant): TransactionAction[] {
    return this.#then(now, () => this.#broadcasts.tick())
  }

  /**
   * Begins to announce a transaction: to everybody, and again until a peer that was not told shows that it
   * has it, or it is found in a block.
   */
  broadcast(transaction: Transaction, options: BroadcastOptions, now: Instant): TransactionAction[] {
    return this.#out.handle(now, () => {
      const broadcast = new OwnBroadcast(transaction, options)
      const announcers = broadcast.keys.flatMap((key) => [...this.#requests.announcers(key)])
      announcers.push(...this.#pool.announcers(broadcast.wtxidKey))
      const isNew = this.#broadcasts.begin(broadcast, announcers)
      if (isNew) for (const key of broadcast.keys) this.#recent.add(key)
    })
  }

  /** Announces it no longer. @returns false when there was no such broadcast. */
  cancelBroadcast(id: Txid): boolean {
    return this.#broadcasts.cancel(id)
  }

  broadcasts(): BroadcastState[] {
    return this.#broadcasts.states()
  }

  /** A transaction in the pool, or one that is being broadcast. */
  get(id: Txid): HeardTransaction | undefined {
    const heard = this.#pool.get(id)
    if (heard !== undefined) return heard
    const transaction = this.#broadcasts.transactionOf(id)
    if (transaction === undefined) return undefined
    return {
      transaction,
      txid: id,
      wtxid: wtxid(transaction),
      size: transactionSize(transaction),
      at: 0 as WallTime,
    }
  }

  /**
   * Calls back for each transaction that is heard and passes the filter, from now on.
   * @returns what ends it.
   */
  subscribe(filter: TransactionFilter, listener: (heard: HeardTransaction) => void): () => void {
    return this.#pool.subscribe(filter, listener)
  }

  /** All transactions in the pool: what compact blocks are put together from. */
  transactions(): Iterable<Transaction> {
    return this.#pool.transactions()
  }

  /** What the pool holds. */
  pool(): PoolSize {
    return { transactions: this.#pool.size, bytes: this.#pool.bytes, usage: this.#pool.usage }
  }

  /** Handles one event; what may be asked for after it is asked for. */
  #then(now: Instant, event: () => void): TransactionAction[] {
    return this.#out.handle(now, () => {
      event()
      this.#request()
    })
  }

  /** Had or refused lately; a peer of our own choice that announces by txids is asked for the witness. */
  #isHere(key: string, facts: TransactionPeer): boolean {
    return this.#recent.has(key) || (this.#bare.has(key) && !this.#knowsByTxid(facts))
  }

  /** A peer of our own choice whose announcements say nothing of the witness. */
  #knowsByTxid(facts: TransactionPeer | undefined): boolean {
    return facts?.outbound === true && !facts.wtxidRelay
  }

  /**
   * Strangers have delivered enough by this txid. For a wtxid it says nothing that is not known otherwise.
   */
  #isSettled(key: string): boolean {
    return this.#pool.deliveries(key) >= MAX_DELIVERIES_PER_TXID
  }

  #priority({ outbound, wtxidRelay }: TransactionPeer): {
    readonly preferred: boolean
    readonly delays: number
  } {
    let delays = outbound ? 0 : 1
    if (!wtxidRelay && [...this.#peers.values()].some((peer) => peer.facts.wtxidRelay)) delays++
    return { preferred: outbound, delays }
  }

  #request(): void {
    const byPeer = new Map<PeerId, InventoryVector[]>()
    for (const { peer, hash } of this.#requests.next(this.#out.now)) {
      const type =
        this.#peers.get(peer)?.facts.wtxidRelay === true ? InventoryType.WTX : InventoryType.WITNESS_TX
      const inventory = byPeer.get(peer) ?? []
      byPeer.set(peer, inventory)
      inventory.push({ type, hash })
    }
    for (const [peer, inventory] of byPeer) {
      for (let from = 0; from < inventory.length; from += MAX_GETDATA_SIZE) {
        const part = inventory.slice(from, from + MAX_GETDATA_SIZE)
        this.#out.push({ type: 'send', peer, message: { type: 'getdata', inventory: part } })
      }
    }
  }
}

/** It was told in our `version` to announce and send none: Core disconnects it, and so do we. */
function noneWanted(peer: PeerId): TransactionAction {
  return { type: 'disconnect', peer, reason: 'transaction-when-none-wanted' }
}
