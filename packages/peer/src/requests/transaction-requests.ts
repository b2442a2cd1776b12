import {
  decodeTransaction,
  encodeTransaction,
  InventoryType,
  type Transaction,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import type { AskedBy } from './asked-by.ts'
import { hashKey } from './hash-key.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { ParametersOf, TransactionId, TransactionsReply } from '../contract/request-map.ts'
import type { RequestOutput } from './request-output.ts'
import { InFlight, type Want } from './in-flight.ts'

interface TransactionWant extends Want {
  readonly deliver: (transaction: Transaction | undefined) => void
}

/** `getdata` for transactions, and the `tx` or `notfound` that answers each entry. */
export class TransactionRequests {
  readonly #output: RequestOutput
  readonly #inFlight: InFlight<TransactionWant>

  constructor(output: RequestOutput) {
    this.#output = output
    this.#inFlight = new InFlight(output, 'transaction')
  }

  create({ ids }: ParametersOf<'getTransactions'>, facts: PendingFacts): ReplyPromise<TransactionsReply> {
    const wanted = [...new Map(ids.map((id) => [hashKey(id.hash), id])).values()]
    const open = new Set<TransactionWant>()
    const transactions: Transaction[] = []
    const notFound: TransactionId[] = []

    const begin = (): void => {
      for (const id of wanted) {
        const want: TransactionWant = {
          entry: { type: inventoryType(id), hash: id.hash },
          deliver: (transaction) => {
            open.delete(want)
            if (transaction === undefined) notFound.push(id)
            else transactions.push(inOwnBytes(transaction))
            if (open.size === 0) reply.answer({ transactions, notFound })
          },
        }
        open.add(want)
      }
      this.#inFlight.ask(open)
      if (open.size === 0) reply.answer({ transactions, notFound })
    }
    const reply = new ReplyPromise<TransactionsReply>(facts, {
      begin,
      end: () => {
        this.#inFlight.withdraw(open)
      },
      describeMissing: () => [...open].map((want) => want.entry.hash),
    })
    return reply
  }

  /** @returns Who had asked for it. */
  claim(transaction: Transaction): AskedBy {
    const wanted = this.#deliver(transaction)
    const { expectations } = this.#output
    const byTxid = expectations.take('transaction', txid(transaction))
    const expected = byTxid ?? expectations.take('transaction', wtxid(transaction))
    return expected ?? (wanted ? 'request' : 'none')
  }

  notFound(hash: Uint8Array): boolean {
    const wants = this.#inFlight.take(hash)
    for (const want of wants) want.deliver(undefined)
    return wants.length > 0
  }

  #deliver(transaction: Transaction): boolean {
    if (this.#inFlight.size === 0) return false
    const wants = [...this.#inFlight.take(txid(transaction)), ...this.#inFlight.take(wtxid(transaction))]
    for (const want of wants) want.deliver(transaction)
    return wants.length > 0
  }
}

function inventoryType(id: TransactionId): number {
  return id.kind === 'wtxid' ? InventoryType.WTX : InventoryType.WITNESS_TX
}

/** What waits for the others must not hold a chunk of many times its size in which it came. */
function inOwnBytes(transaction: Transaction): Transaction {
  return decodeTransaction(encodeTransaction(transaction))
}
