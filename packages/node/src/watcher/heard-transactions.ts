import type { Transaction, Txid } from '@sapwood/wire-codec'
import type { TransactionAccess, TransactionSubscription } from '../index.ts'

/** What is heard of transactions that concern some scripts, by a filter that can be changed. */
export class HeardTransactions {
  readonly #node: Pick<TransactionAccess, 'subscribe'>
  readonly #onHeard: (transaction: Transaction) => Promise<void>
  #subscription: TransactionSubscription | undefined

  /** @param onHeard Must not reject. */
  constructor(
    node: Pick<TransactionAccess, 'subscribe'>,
    onHeard: (transaction: Transaction) => Promise<void>,
  ) {
    this.#node = node
    this.#onHeard = onHeard
  }

  /** Those that pay to one of these, or spend from one of those, from now on. */
  listen(filter: { readonly scripts: readonly Uint8Array[]; readonly txids: readonly Txid[] }): void {
    const before = this.#subscription
    this.#subscription = this.#node.subscribe(filter)
    void this.#read(this.#subscription)
    // What it holds is read to its end: nothing is lost between the two.
    void before?.return?.()
  }

  stop(): void {
    void this.#subscription?.return?.()
  }

  async #read(subscription: TransactionSubscription): Promise<void> {
    for await (const { transaction } of subscription) await this.#onHeard(transaction)
  }
}
