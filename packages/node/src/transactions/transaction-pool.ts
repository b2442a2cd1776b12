import {
  bytesToHex,
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  type Txid,
} from '@sapwood/wire-codec'
import type { HeardTransaction, TransactionFilter } from './transaction-relay-types.ts'

/** Memory that a transaction takes in the pool beside its own bytes: measured with Node.js 20, 1,510. */
export const MEMORY_PER_TRANSACTION = 1_536

interface Subscriber {
  readonly scripts: ReadonlySet<string>
  readonly txids: ReadonlySet<string>
  readonly listener: (heard: HeardTransaction) => void
}

/**
 * What was heard of, up to an amount of memory: the oldest goes first. Nothing in it has been validated, so it is for looking at and
 * not for relaying.
 *
 * A transaction whose inputs and outputs have been read takes many times its bytes. So what is kept is read by nobody: each reader
 * gets a copy.
 */
export class TransactionPool {
  readonly #maxUsage: number
  readonly #transactions = new Map<string, HeardTransaction>()
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

  get(txid: Txid): HeardTransaction | undefined {
    const kept = this.#transactions.get(bytesToHex(txid))
    return kept && copy(kept)
  }

  /** What is kept itself, for what reads no more of it than its ids. */
  *transactions(): Iterable<Transaction> {
    for (const { transaction } of this.#transactions.values()) yield transaction
  }

  add(heard: HeardTransaction): void {
    const key = bytesToHex(heard.txid)
    if (this.#transactions.has(key)) return
    this.#transactions.set(key, copy(heard))
    this.#bytes += heard.size
    for (const [oldest, { size }] of this.#transactions) {
      if (this.usage <= this.#maxUsage) break
      this.#transactions.delete(oldest)
      this.#bytes -= size
    }
    this.#tell(heard, key)
  }

  /** @param key the txid in lower-case hex, wire order. */
  delete(key: string): void {
    const heard = this.#transactions.get(key)
    if (heard === undefined) return
    this.#transactions.delete(key)
    this.#bytes -= heard.size
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
    for (const subscriber of this.#subscribers) {
      if (matches(heard.transaction, key, subscriber)) subscriber.listener(heard)
    }
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
