import {
  bytesToHex,
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  type Txid,
  type Wtxid,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { WallTime } from '@sapwood/transport-v1v2/environment'

/**
 * Memory that a transaction counts for in the pool beside its own bytes: 1,510 were measured with Node.js 20
 * before its witnesses and announcers were kept as well, for which there is room in this.
 */
const MEMORY_PER_TRANSACTION = 2_048

/** A transaction in the pool of what was heard. */
export interface HeardTransaction {
  readonly transaction: Transaction
  readonly txid: Txid
  readonly wtxid: Wtxid
  /** Bytes with witness. */
  readonly size: number
  /** When it arrived. */
  readonly at: WallTime
}

/** How much of what was heard is kept. */
export interface PoolSize {
  readonly transactions: number
  /** Serialized, with witnesses. */
  readonly bytes: number
  /** Memory that they take, about, in bytes: what the pool is bounded by. */
  readonly usage: number
}

/** Which transactions a subscriber wants to hear of. Any of the conditions will do. */
export interface TransactionFilter {
  /** Pays to one of these scripts. */
  readonly scripts?: readonly Uint8Array[]
  /** Is one of these, or spends an output of one. */
  readonly txids?: readonly Txid[]
}

interface Subscriber {
  readonly scripts: ReadonlySet<string>
  readonly txids: ReadonlySet<string>
  readonly listener: (heard: HeardTransaction) => void
}

/** Who a transaction came from. */
export interface HeardFrom {
  readonly peer: PeerId
  /** A peer of our own choice. */
  readonly preferred: boolean
}

interface Kept extends HeardFrom {
  readonly heard: HeardTransaction
  /** The first that were known to have it. */
  readonly announcedBy: PeerId[]
}

/** What there is of one txid: with each witness that it came with. */
interface Witnesses {
  readonly wtxids: Set<string>
  deliveries: number
}

/** Transactions of one txid that are kept: nobody has checked which witness is its author's. */
const MAX_WITNESSES_PER_TXID = 3
/** Announcers remembered for each: enough to know that the network has it. */
const MAX_ANNOUNCERS = 8

/**
 * What was heard of, up to an amount of memory: the oldest goes first. Nothing in it has been validated, so
 * it is for looking at and not for relaying. For the same reason a few of each txid are kept, so that a
 * witness that somebody has made up keeps the real one out nowhere: one from each peer, and what a stranger
 * brought makes room for what a peer of our own choice did.
 *
 * A transaction whose inputs and outputs have been read takes many times its bytes. So what is kept is read
 * by nobody: each reader gets a copy.
 */
export class TransactionPool {
  readonly #maxUsage: number
  /** By wtxid. */
  readonly #transactions = new Map<string, Kept>()
  readonly #byTxid = new Map<string, Witnesses>()
  readonly #subscribers = new Set<Subscriber>()
  #bytes = 0

  /** @param options.maxUsage bytes of memory. */
  constructor({ maxUsage }: { readonly maxUsage: number }) {
    this.#maxUsage = maxUsage
  }

  get size(): number {
    return this.#transactions.size
  }

  /** Serialized, with witnesses. */
  get bytes(): number {
    return this.#bytes
  }

  /** Memory taken, about. */
  get usage(): number {
    return this.#bytes + this.#transactions.size * MEMORY_PER_TRANSACTION
  }

  /** Of several witnesses, the one that a peer of our own choice brought; else the latest. */
  get(txid: Txid): HeardTransaction | undefined {
    const all = this.#of(bytesToHex(txid))
    const kept = all.find(({ preferred }) => preferred) ?? all.at(-1)
    return kept && copy(kept.heard)
  }

  /** Who is known to have a transaction. @param key the wtxid in lower-case hex, wire order. */
  announcers(key: string): readonly PeerId[] {
    return this.#transactions.get(key)?.announcedBy ?? []
  }

  /** A peer has announced what is here. @param key the wtxid or the txid. */
  announced(key: string, peer: PeerId): void {
    for (const wtxidKey of [key, ...(this.#byTxid.get(key)?.wtxids ?? [])]) {
      const announcedBy = this.#transactions.get(wtxidKey)?.announcedBy
      if (announcedBy === undefined || announcedBy.length >= MAX_ANNOUNCERS) continue
      if (!announcedBy.includes(peer)) announcedBy.push(peer)
    }
  }

  /** How often something of this txid came. @param key as in {@link delete}. */
  deliveries(key: string): number {
    return this.#byTxid.get(key)?.deliveries ?? 0
  }

  /** What is here came once more. @param key the txid. */
  delivered(key: string): void {
    const witnesses = this.#byTxid.get(key)
    if (witnesses !== undefined) witnesses.deliveries++
  }

  /** What is kept itself, for what reads no more of it than its ids. */
  *transactions(): Iterable<Transaction> {
    for (const { heard } of this.#transactions.values()) yield heard.transaction
  }

  add(heard: HeardTransaction, from: HeardFrom): void {
    const [txidKey, wtxidKey] = [bytesToHex(heard.txid), bytesToHex(heard.wtxid)]
    if (this.#transactions.has(wtxidKey)) return
    const witnesses = this.#byTxid.get(txidKey) ?? { wtxids: new Set(), deliveries: 0 }
    witnesses.deliveries++
    const place = this.#makePlace(txidKey, from)
    if (place) {
      this.#byTxid.set(txidKey, witnesses)
      witnesses.wtxids.add(wtxidKey)
      this.#transactions.set(wtxidKey, { ...from, heard: copy(heard), announcedBy: [from.peer] })
      this.#bytes += heard.size
      for (const [oldest, kept] of this.#transactions) {
        if (this.usage <= this.#maxUsage) break
        this.#remove(oldest, kept)
      }
    }
    this.#tell(heard, txidKey)
  }

  /**
   * @returns whether one more of this txid may be kept; another has gone for it where there were too many.
   */
  #makePlace(txidKey: string, { peer, preferred }: HeardFrom): boolean {
    const all = this.#of(txidKey)
    const own = all.find((kept) => kept.peer === peer)
    if (own === undefined && all.length < MAX_WITNESSES_PER_TXID) return true
    const leaving = own ?? all.find((kept) => !kept.preferred) ?? (preferred ? all[0] : undefined)
    if (leaving === undefined) return false
    this.#remove(bytesToHex(leaving.heard.wtxid), leaving, { keepCount: true })
    return true
  }

  /** @param key the txid in lower-case hex, wire order. */
  delete(key: string): void {
    for (const kept of this.#of(key)) this.#remove(bytesToHex(kept.heard.wtxid), kept)
  }

  /** The oldest first. */
  #of(txidKey: string): Kept[] {
    return [...(this.#byTxid.get(txidKey)?.wtxids ?? [])].map((key) => this.#transactions.get(key)!)
  }

  #remove(wtxidKey: string, { heard }: Kept, { keepCount = false } = {}): void {
    this.#transactions.delete(wtxidKey)
    this.#bytes -= heard.size
    const txidKey = bytesToHex(heard.txid)
    const witnesses = this.#byTxid.get(txidKey)
    witnesses?.wtxids.delete(wtxidKey)
    if (witnesses?.wtxids.size === 0 && !keepCount) this.#byTxid.delete(txidKey)
  }

  subscribe(filter: TransactionFilter, listener: (heard: HeardTransaction) => void): () => void {
    const subscriber = {
      scripts: new Set((filter.scripts ?? []).map(bytesToHex)),
      txids: new Set((filter.txids ?? []).map(bytesToHex)),
      listener,
    }
    this.#subscribers.add(subscriber)
    return () => void this.#subscribers.delete(subscriber)
  }

  #tell(heard: HeardTransaction, key: string): void {
    if (this.#subscribers.size === 0) return
    // To match it is to read it; what is handed on may wait long, and for many.
    const { transaction } = copy(heard)
    for (const subscriber of this.#subscribers)
      if (matches(transaction, key, subscriber)) subscriber.listener(heard)
  }
}

/** The same in bytes of its own: a view would keep alive the whole chunk that it came in. */
export function copy(heard: HeardTransaction): HeardTransaction {
  return { ...heard, transaction: decodeTransaction(encodeTransaction(heard.transaction)) }
}

function matches({ inputs, outputs }: Transaction, key: string, { scripts, txids }: Subscriber): boolean {
  if (txids.has(key)) return true
  if (txids.size > 0 && inputs.some(({ previousOutput }) => txids.has(bytesToHex(previousOutput.txid))))
    return true
  return scripts.size > 0 && outputs.some(({ scriptPubKey }) => scripts.has(bytesToHex(scriptPubKey)))
}
