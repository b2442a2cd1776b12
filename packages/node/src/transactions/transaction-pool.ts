import { bytesToHex, type Transaction, type Txid } from '@sapwood/wire-codec'
import type { HeardTransaction, TransactionFilter } from './transaction-relay-types.ts'

interface Subscriber {
  readonly scripts: ReadonlySet<string>
  readonly txids: ReadonlySet<string>
  readonly listener: (heard: HeardTransaction) => void
}

/**
 * What was heard of, up to a number of bytes: the oldest goes first. Nothing in it has been validated, so it is for looking at and
 * not for relaying.
 */
export class TransactionPool {
  readonly #maxBytes: number
  readonly #transactions = new Map<string, HeardTransaction>()
  readonly #subscribers = new Set<Subscriber>()
  #bytes = 0

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#transactions.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(txid: Txid): HeardTransaction | undefined {
    return this.#transactions.get(bytesToHex(txid))
  }

  *transactions(): Iterable<Transaction> {
    for (const { transaction } of this.#transactions.values()) yield transaction
  }

  add(heard: HeardTransaction): void {
    const key = bytesToHex(heard.txid)
    if (this.#transactions.has(key)) return
    this.#transactions.set(key, heard)
    this.#bytes += heard.size
    for (const [oldest, { size }] of this.#transactions) {
      if (this.#bytes <= this.#maxBytes) break
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

function matches({ inputs, outputs }: Transaction, key: string, { scripts, txids }: Subscriber): boolean {
  if (txids.has(key)) return true
  if (txids.size > 0 && inputs.some(({ previousOutput }) => txids.has(bytesToHex(previousOutput.txid))))
    return true
  return scripts.size > 0 && outputs.some(({ scriptPubKey }) => scripts.has(bytesToHex(scriptPubKey)))
}
