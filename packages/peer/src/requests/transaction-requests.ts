import { InventoryType, type InventoryVector, type Transaction, txid, wtxid } from '@sapwood/wire-codec'
import { hashKey } from './hash-key.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { ParametersOf, TransactionId, TransactionsReply } from './request-map.ts'
import type { RequestOutput } from './request-output.ts'

/** Entries in one `getdata` of ours (Core, `MAX_GETDATA_SZ`). */
export const MAX_GETDATA_SIZE = 1_000

interface Want {
  readonly id: TransactionId
  readonly deliver: (transaction: Transaction | undefined) => void
}

/** `getdata` for transactions, and the `tx` or `notfound` that answers each entry. */
export class TransactionRequests {
  readonly #output: RequestOutput
  readonly #wants = new Map<string, Want[]>()

  constructor(output: RequestOutput) {
    this.#output = output
  }

  create({ ids }: ParametersOf<'getTransactions'>, facts: PendingFacts): ReplyPromise<TransactionsReply> {
    const wanted = [...new Map(ids.map((id) => [hashKey(id.hash), id])).values()]
    const open = new Set<Want>()
    const transactions: Transaction[] = []
    const notFound: TransactionId[] = []

    const begin = (): void => {
      const inventory: InventoryVector[] = []
      for (const id of wanted) {
        const want: Want = {
          id,
          deliver: (transaction) => {
            open.delete(want)
            if (transaction === undefined) notFound.push(id)
            else transactions.push(transaction)
            if (open.size === 0) reply.answer({ transactions, notFound })
          },
        }
        open.add(want)
        if (this.#addWant(want)) inventory.push({ type: inventoryType(id), hash: id.hash })
      }
      for (let start = 0; start < inventory.length; start += MAX_GETDATA_SIZE) {
        this.#output.send({ type: 'getdata', inventory: inventory.slice(start, start + MAX_GETDATA_SIZE) })
      }
      if (open.size === 0) reply.answer({ transactions, notFound })
    }
    const reply = new ReplyPromise<TransactionsReply>(facts, {
      begin,
      end: () => {
        for (const want of open) this.#removeWant(want)
      },
      describeMissing: () => [...open].map((want) => want.id.hash),
    })
    return reply
  }

  /** @returns whether a request was waiting for it. */
  receive(transaction: Transaction): boolean {
    if (this.#wants.size === 0) return false
    const wants = [...this.#takeWants(txid(transaction)), ...this.#takeWants(wtxid(transaction))]
    for (const want of wants) want.deliver(transaction)
    return wants.length > 0
  }

  notFound(hash: Uint8Array): boolean {
    const wants = this.#takeWants(hash)
    for (const want of wants) want.deliver(undefined)
    return wants.length > 0
  }

  #addWant(want: Want): boolean {
    const key = hashKey(want.id.hash)
    const others = this.#wants.get(key)
    if (others === undefined) this.#wants.set(key, [want])
    else others.push(want)
    return others === undefined
  }

  #takeWants(hash: Uint8Array): readonly Want[] {
    const key = hashKey(hash)
    const wants = this.#wants.get(key)
    if (wants === undefined) return []
    this.#wants.delete(key)
    return wants
  }

  #removeWant(want: Want): void {
    const key = hashKey(want.id.hash)
    const wants = this.#wants.get(key)
    if (wants?.includes(want) !== true) return
    const left = wants.filter((other) => other !== want)
    if (left.length > 0) this.#wants.set(key, left)
    else {
      this.#wants.delete(key)
      this.#output.expectations.add('transaction', want.id.hash, 'abandoned')
    }
  }
}

function inventoryType(id: TransactionId): number {
  return id.kind === 'wtxid' ? InventoryType.WTX : InventoryType.WITNESS_TX
}
