import {
  type Block,
  bytesEqual,
  bytesToHex,
  isCoinbase,
  type OutPoint,
  type Transaction,
  type Txid,
  txid,
} from '@sapwood/wire-codec'
import { DAY, type WallTime } from '@sapwood/transport-v1v2/environment'
import { WatchedScripts } from '../filters/watched-scripts.ts'
import type {
  TransactionBlock,
  UnspentOutput,
  WatchedPayment,
  WatchedTransaction,
  WatchedTransactionEnd,
} from './watched-transaction.ts'

/** What is in no block for so long is forgotten (Core, `DEFAULT_MEMPOOL_EXPIRY_HOURS`: 336). */
const EXPIRY = 14 * DAY
/**
 * Transactions of others that no block holds and that cost nobody a fee, at most, and bytes of memory that
 * they count for: whoever is connected can make them up.
 */
const MAX_UNCONFIRMED = 1_000
const MAX_UNCONFIRMED_BYTES = 4_000_000
/** What one counts for beside its inputs and the scripts that it pays to. */
const TRANSACTION_BYTES = 512
const INPUT_BYTES = 128

/** What became of a transaction since it was last asked for: its entry, or why there is none any more. */
export type TransactionChange =
  | { readonly entry: WatchedTransaction }
  | { readonly end: WatchedTransactionEnd }

/**
 * The transactions that concern some scripts: those that blocks hold, and those that were heard of. To be
 * told of a block, of a reorg or of a transaction twice is the same as once. It writes nothing, and notes
 * what has changed.
 */
export class WatchLedger {
  readonly #scripts = new WatchedScripts()
  /** By the hex of a script: the first height whose blocks are looked at for it. */
  readonly #from = new Map<string, number>()
  readonly #entries = new Map<string, WatchedTransaction>()
  /** Watched outputs, by outpoint. */
  readonly #outputs = new Map<
    string,
    { readonly entry: WatchedTransaction; readonly payment: WatchedPayment }
  >()
  /** Transactions that spend an outpoint, watched or not: all that are known. */
  readonly #spenders = new Map<string, Set<string>>()
  readonly #changes = new Map<string, TransactionChange>()
  /** What is kept elsewhere, or is being written: of the end of nothing else has anybody to be told. */
  readonly #kept = new Set<string>()
  /** Of that, what the last changes that were taken had for the first time. */
  #justTaken: readonly string[] = []
  /** In no block and not of our own, oldest first: what each counts for. */
  readonly #unconfirmed = new Map<string, number>()
  #unconfirmedBytes = 0

  /** All that are watched. */
  get scripts(): readonly Uint8Array[] {
    return this.#scripts.list
  }

  /** The first height whose blocks are looked at for a script; undefined where it is not watched. */
  firstHeight(script: Uint8Array): number | undefined {
    return this.#from.get(bytesToHex(script))
  }

  /** Scripts are watched from a height on, or from where they were where that is lower. */
  watch(scripts: readonly Uint8Array[], from: number): void {
    this.#scripts.add(scripts)
    for (const script of scripts) {
      const key = bytesToHex(script)
      this.#from.set(key, Math.min(from, this.#from.get(key) ?? from))
    }
  }

  /** Takes what was kept, in any order. */
  restore(entries: readonly WatchedTransaction[]): void {
    for (const entry of entries) this.#put(entry)
    for (const key of this.#changes.keys()) this.#kept.add(key)
    this.#changes.clear()
  }

  get(id: Txid): WatchedTransaction | undefined {
    return this.#entries.get(bytesToHex(id))
  }

  /** All of them. */
  transactions(): readonly WatchedTransaction[] {
    return [...this.#entries.values()]
  }

  /** Changes since the last call, by the hex of the txid. */
  takeChanges(): ReadonlyMap<string, TransactionChange> {
    const changes = new Map(this.#changes)
    this.#changes.clear()
    this.#justTaken = [...changes.keys()].filter((key) => !this.#kept.has(key))
    for (const [key, change] of changes) {
      if ('entry' in change) this.#kept.add(key)
      else this.#kept.delete(key)
    }
    return changes
  }

  /** The changes that were taken last could not be written: they go with the next. */
  giveBack(changes: ReadonlyMap<string, TransactionChange>): void {
    for (const [key, change] of changes) {
      if ('end' in change) this.#kept.add(key)
      if (!this.#changes.has(key)) this.#changes.set(key, change)
    }
    for (const key of this.#justTaken) {
      this.#kept.delete(key)
      // It has come and gone while nothing could be written.
      if (!this.#entries.has(key)) this.#changes.delete(key)
    }
  }

  /** A block is in the best chain. */
  connect({ transactions }: Block, block: TransactionBlock, now: WallTime): void {
    for (const transaction of transactions) {
      const id = txid(transaction)
      const key = bytesToHex(id)
      for (const { previousOutput } of transaction.inputs) this.#dropRivals(keyOf(previousOutput), key)
      this.#note(transaction, id, now, { block })
    }
  }

  /** What a block holds that has left the best chain is in none any more. */
  disconnect(isGone: (block: TransactionBlock) => boolean, now: WallTime): void {
    for (const [key, entry] of [...this.#entries]) {
      if (entry.block === undefined || !isGone(entry.block)) continue
      if (entry.isCoinbase) this.#dropWithChildren(key, 'coinbase-gone')
      else if (this.#entries.has(key)) {
        const { txid, isCoinbase: isFirst, payments, spends, inputs, isOwn } = entry
        this.#put({ txid, isCoinbase: isFirst, payments, spends, inputs, isOwn, since: now })
      }
    }
  }

  /** A transaction was heard of. @returns whether it concerns the scripts. */
  hear(
    transaction: Transaction,
    now: WallTime,
    { isOwn = false }: { readonly isOwn?: boolean } = {},
  ): boolean {
    const id = txid(transaction)
    const known = this.#entries.get(bytesToHex(id))
    if (known !== undefined && (known.isOwn || !isOwn)) return true
    return this.#note(transaction, id, now, { isOwn })
  }

  /** A broadcast was cancelled: what is in no block is forgotten, with what spends from it. */
  cancel(id: Txid): void {
    const key = bytesToHex(id)
    const entry = this.#entries.get(key)
    if (entry?.isOwn !== true) return
    if (entry.block === undefined) this.#dropWithChildren(key, 'cancelled')
    else this.#put({ ...entry, isOwn: false })
  }

  /** Forgets what is in no block for too long. */
  expire(now: WallTime): void {
    for (const key of [...this.#unconfirmed.keys()]) {
      const entry = this.#entries.get(key)
      if (entry !== undefined && now - entry.since >= EXPIRY) this.#dropWithChildren(key, 'expired')
    }
  }

  /** Scripts are watched no more. */
  unwatch(scripts: readonly Uint8Array[]): void {
    this.#scripts.remove(scripts)
    for (const script of scripts) this.#from.delete(bytesToHex(script))
    for (const [key, entry] of [...this.#entries]) {
      const payments = entry.payments.filter(({ scriptPubKey }) => this.#watches(scriptPubKey))
      const spends = entry.spends.filter(({ scriptPubKey }) => this.#watches(scriptPubKey))
      if (payments.length + spends.length === 0) this.#drop(key, 'unwatched')
      else if (payments.length < entry.payments.length || spends.length < entry.spends.length)
        this.#put({ ...entry, payments, spends })
    }
  }

  /** @param tip The last block that has been looked at. */
  unspent(tip: number): readonly UnspentOutput[] {
    const unspent: UnspentOutput[] = []
    for (const [key, { entry, payment }] of this.#outputs) {
      const spenders = [...(this.#spenders.get(key) ?? [])].map((each) => this.#entries.get(each)!)
      if (spenders.some(({ block }) => block !== undefined)) continue
      const { txid: id, block, isCoinbase: coinbase } = entry
      unspent.push({
        ...payment,
        txid: id,
        ...(block !== undefined && { block }),
        confirmations: block === undefined ? 0 : tip - block.height + 1,
        isCoinbase: coinbase,
        ...(spenders[0] !== undefined && { spentBy: spenders[0].txid }),
      })
    }
    return unspent
  }

  /** @param height Of the block that it is in; in none by default. */
  #watches(script: Uint8Array, height = Number.POSITIVE_INFINITY): boolean {
    const from = this.firstHeight(script)
    return from !== undefined && from <= height
  }

  /** Keeps a transaction where it concerns the scripts. */
  #note(
    transaction: Transaction,
    id: Txid,
    now: WallTime,
    { block, isOwn = false }: { readonly block?: TransactionBlock; readonly isOwn?: boolean },
  ): boolean {
    const payments = transaction.outputs.flatMap(({ value, scriptPubKey }, index) =>
      this.#watches(scriptPubKey, block?.height)
        ? [{ index, value, scriptPubKey: scriptPubKey.slice() }]
        : [],
    )
    const spends = transaction.inputs.flatMap(({ previousOutput: outPoint }, input) => {
      const spent = this.#outputs.get(keyOf(outPoint))?.payment
      if (spent === undefined) return []
      const { value, scriptPubKey } = spent
      return [{ input, outPoint: own(outPoint), value, scriptPubKey }]
    })
    if (payments.length + spends.length === 0) return false
    const known = this.#entries.get(bytesToHex(id))
    const place = block ?? known?.block
    this.#put({
      txid: id,
      ...(place !== undefined && { block: place }),
      isCoinbase: isCoinbase(transaction),
      payments,
      spends,
      inputs: transaction.inputs.map(({ previousOutput }) => own(previousOutput)),
      since: known?.since ?? now,
      isOwn: isOwn || known?.isOwn === true,
    })
    this.#makeRoom()
    return true
  }

  #put(entry: WatchedTransaction): void {
    const key = bytesToHex(entry.txid)
    const known = this.#entries.get(key)
    if (known !== undefined && isSame(known, entry)) return
    this.#take(key, known)
    this.#entries.set(key, entry)
    for (const payment of entry.payments)
      this.#outputs.set(keyOf({ txid: entry.txid, index: payment.index }), { entry, payment })
    for (const outPoint of entry.inputs) {
      const spenders = this.#spenders.get(keyOf(outPoint)) ?? new Set()
      this.#spenders.set(keyOf(outPoint), spenders.add(key))
    }
    if (entry.block === undefined && !entry.isOwn) {
      const bytes = TRANSACTION_BYTES + INPUT_BYTES * (entry.inputs.length + entry.payments.length)
      this.#unconfirmed.set(key, bytes)
      this.#unconfirmedBytes += bytes
    }
    this.#changes.set(key, { entry })
  }

  #drop(key: string, end: WatchedTransactionEnd): void {
    this.#take(key, this.#entries.get(key))
    this.#entries.delete(key)
    if (this.#kept.has(key)) this.#changes.set(key, { end })
    else this.#changes.delete(key)
  }

  /** Takes an entry out of all that names it. */
  #take(key: string, entry: WatchedTransaction | undefined): void {
    this.#unconfirmedBytes -= this.#unconfirmed.get(key) ?? 0
    this.#unconfirmed.delete(key)
    if (entry === undefined) return
    for (const { index } of entry.payments) this.#outputs.delete(keyOf({ txid: entry.txid, index }))
    for (const outPoint of entry.inputs) {
      const spenders = this.#spenders.get(keyOf(outPoint))
      spenders?.delete(key)
      if (spenders?.size === 0) this.#spenders.delete(keyOf(outPoint))
    }
  }

  /** What spends from a transaction that cannot be cannot be either. */
  #dropWithChildren(first: string, end: WatchedTransactionEnd): void {
    const waiting = [first]
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      this.#drop(key, end)
      for (const { index } of entry.payments)
        waiting.push(...(this.#spenders.get(keyOf({ txid: entry.txid, index })) ?? []))
    }
  }

  /** A block spends this outpoint by the transaction `winner`. */
  #dropRivals(outPoint: string, winner: string): void {
    for (const key of [...(this.#spenders.get(outPoint) ?? [])]) {
      if (key !== winner && this.#entries.get(key)?.block === undefined)
        this.#dropWithChildren(key, 'conflict')
    }
  }

  #makeRoom(): void {
    for (const key of this.#unconfirmed.keys()) {
      const { size } = this.#unconfirmed
      if (size <= MAX_UNCONFIRMED && this.#unconfirmedBytes <= MAX_UNCONFIRMED_BYTES) return
      this.#dropWithChildren(key, 'crowded-out')
    }
  }
}

function keyOf({ txid: id, index }: OutPoint): string {
  return `${bytesToHex(id)}:${index}`
}

/** In bytes of its own: a view would keep alive the whole block that it came in. */
function own({ txid: id, index }: OutPoint): OutPoint {
  return { txid: id.slice() as Txid, index }
}

function isSame(a: WatchedTransaction, b: WatchedTransaction): boolean {
  const areSameBlocks =
    a.block === b.block ||
    (a.block !== undefined && b.block !== undefined && bytesEqual(a.block.hash, b.block.hash))
  return (
    areSameBlocks &&
    a.isOwn === b.isOwn &&
    a.since === b.since &&
    a.payments.length === b.payments.length &&
    a.spends.length === b.spends.length
  )
}
