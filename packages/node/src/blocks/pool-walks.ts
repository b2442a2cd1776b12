import type { BlockReconstruction, Transaction } from '@sapwood/wire-codec'
import { type Instant, MINUTE } from '@sapwood/transport-v1v2/environment'

/**
 * Transactions that are hashed for one compact block, at most: about 10 ms. A pool that holds more than that
 * was filled by strangers: it is of what was heard lately.
 */
const MAX_TRANSACTIONS_PER_WALK = 25_000
/**
 * Transactions hashed for compact blocks in a minute: twelve walks,
 * where three peers may send one of each block.
 */
const MAX_TRANSACTIONS_PER_MINUTE = 12 * MAX_TRANSACTIONS_PER_WALK

/**
 * Looks for the transactions of compact blocks among those that were heard, within a budget:
 * the work is the sender's to cause.
 */
export class PoolWalks {
  readonly #transactions: () => Iterable<Transaction>
  #left = MAX_TRANSACTIONS_PER_MINUTE
  #since: Instant | undefined

  constructor(transactions: () => Iterable<Transaction>) {
    this.#transactions = transactions
  }

  /** @returns false where the budget is spent: the whole block costs less then. */
  offerTo(reconstruction: BlockReconstruction, now: Instant): boolean {
    if (this.#since === undefined || now - this.#since >= MINUTE) {
      this.#since = now
      this.#left = MAX_TRANSACTIONS_PER_MINUTE
    }
    if (reconstruction.compactBlock.shortIds.length === 0) return true
    if (this.#left <= 0) return false
    reconstruction.offer(this.#upTo(MAX_TRANSACTIONS_PER_WALK))
    return true
  }

  *#upTo(most: number): Iterable<Transaction> {
    let seen = 0
    for (const transaction of this.#transactions()) {
      if (seen++ === most) return
      this.#left--
      yield transaction
    }
  }
}
