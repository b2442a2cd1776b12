import { bytesToHex, type Txid, txid } from '@sapwood/wire-codec'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import type { KeyValueOperation, TransactionAccess } from '../index.ts'
import type { TransactionChange } from './watch-ledger.ts'
import { noOwnOperation, type OwnTransaction } from './watch-store.ts'

/** Blocks on top of a transaction of ours after which it is not kept any more: a day's. */
const OWN_KEPT_BLOCKS = 144

/** Transactions that are to come into a block: broadcast after each start, and after a reorg. */
export class OwnTransactions {
  readonly #node: Pick<TransactionAccess, 'broadcast' | 'cancelBroadcast'>
  readonly #logger: Logger
  readonly #own = new Map<string, OwnTransaction>()
  /** Height of the block that holds one, by txid. */
  readonly #confirmed = new Map<string, number>()

  constructor(node: Pick<TransactionAccess, 'broadcast' | 'cancelBroadcast'>, logger: Logger) {
    this.#node = node
    this.#logger = logger
  }

  has(id: Txid): boolean {
    return this.#own.has(bytesToHex(id))
  }

  add(own: OwnTransaction): void {
    this.#own.set(bytesToHex(txid(own.transaction)), own)
  }

  /** Ends a broadcast. @returns what of it is not kept any more. */
  async cancel(id: Txid): Promise<readonly KeyValueOperation[]> {
    const own = this.#own.get(bytesToHex(id))
    if (own === undefined) return []
    const operation = this.#forget(bytesToHex(id), own)
    await this.#node.cancelBroadcast(id).catch(() => false)
    return [operation]
  }

  /** Begins with those of the last time. @param heightOf Of the block that holds one. */
  start(heightOf: (id: Txid) => number | undefined): void {
    for (const [key, { transaction }] of this.#own) {
      const height = heightOf(txid(transaction))
      if (height === undefined) void this.#again(key)
      else this.#confirmed.set(key, height)
    }
  }

  /** @returns what of it is not kept any more. */
  changed(changes: ReadonlyMap<string, TransactionChange>): readonly KeyValueOperation[] {
    const operations: KeyValueOperation[] = []
    for (const [key, change] of changes) {
      const own = this.#own.get(key)
      if (own === undefined) continue
      if ('end' in change) {
        operations.push(this.#forget(key, own))
        void this.#node.cancelBroadcast(txid(own.transaction)).catch(() => undefined)
      } else if (change.entry.block !== undefined) this.#confirmed.set(key, change.entry.block.height)
      else if (this.#confirmed.delete(key)) void this.#again(key)
    }
    return operations
  }

  /** @returns what of it is not kept any more, once a block has been looked at. */
  passed(height: number): readonly KeyValueOperation[] {
    const operations: KeyValueOperation[] = []
    for (const [key, confirmed] of this.#confirmed) {
      const own = this.#own.get(key)
      if (own !== undefined && height - confirmed >= OWN_KEPT_BLOCKS) operations.push(this.#forget(key, own))
    }
    return operations
  }

  /** The node goes on with a broadcast that it knows: it is ended first. */
  async #again(key: string): Promise<void> {
    const { transaction, feeRate } = this.#own.get(key)!
    try {
      await this.#node.cancelBroadcast(txid(transaction))
      await this.#node.broadcast(transaction, {
        until: 'announced',
        ...(feeRate !== undefined && { feeRate }),
      })
    } catch (error) {
      // It goes on, also after a deadline has passed.
      this.#logger.debug({ err: error }, 'a transaction of ours has not been taken by a peer yet')
    }
  }

  #forget(key: string, { transaction }: OwnTransaction): KeyValueOperation {
    this.#own.delete(key)
    this.#confirmed.delete(key)
    return noOwnOperation(txid(transaction))
  }
}
