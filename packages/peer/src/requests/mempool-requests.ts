/**
 * What is in a mempool (BIP35).
 * https://github.com/bitcoin/bips/blob/master/bip-0035.mediawiki
 * @module
 */

import { type InventoryVector, isTransactionEntry, MAX_INV_SIZE, type MessageOf } from '@sapwood/wire-codec'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { RequestOutput } from './request-output.ts'

/** Full `inv` messages taken as one answer, at most. */
const MAX_PARTS = 20

/** BIP35 `mempool`. The answer is ordinary `inv` messages: one, or more while each is full. */
export class MempoolRequests {
  readonly #output: RequestOutput
  readonly #open = new Set<ReplyPromise<readonly InventoryVector[]>>()
  #parts: (readonly InventoryVector[])[] = []

  constructor(output: RequestOutput) {
    this.#output = output
  }

  create(facts: PendingFacts): ReplyPromise<readonly InventoryVector[]> {
    const reply = new ReplyPromise<readonly InventoryVector[]>(facts, {
      begin: () => {
        this.#open.add(reply)
        if (this.#open.size === 1) this.#output.send({ type: 'mempool' })
      },
      end: () => {
        this.#open.delete(reply)
        if (this.#open.size === 0) this.#parts = []
      },
      lastChance: () => {
        if (this.#parts.length > 0) reply.answer(this.#parts.flat())
      },
    })
    return reply
  }

  /**
   * The list of an `inv` that nobody waits for is not made: up to 50,000 objects, which would wait in queues
   * with it.
   */
  receive(message: MessageOf<'inv'>): void {
    if (this.#open.size === 0) return
    const { inventory } = message
    const transactions = inventory.filter(({ type }) => isTransactionEntry(type))
    if (transactions.length === 0) return
    this.#parts.push(transactions)
    if (inventory.length >= MAX_INV_SIZE && this.#parts.length < MAX_PARTS) return
    const all = this.#parts.flat()
    for (const reply of [...this.#open]) reply.answer(all)
  }
}
