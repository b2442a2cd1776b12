/**
 * Putting together a compact block (BIP152).
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * @module
 */

import { bytesEqual } from '../bytes/bytes-equal.ts'
import type { CompactBlock } from '../messages/message.ts'
import type { Block } from '../primitives/block.ts'
import { blockMerkleRoot } from '../primitives/merkle-root.ts'
import { wtxid } from '../primitives/transaction-id.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { type ShortIdOf, shortIdsFor } from './short-id.ts'

/**
 * How a reconstruction ended. `complete`: here is the block, its merkle root checked. `wrong-count`: the peer
 * sent not as many transactions as were missing, which is its fault. `mismatch`: the merkle root is another,
 * which two transactions with one short id explain as well: get the whole block, and blame no one.
 */
export type ReconstructionResult =
  | { readonly status: 'complete'; readonly block: Block }
  | { readonly status: 'wrong-count'; readonly expected: number; readonly received: number }
  | { readonly status: 'mismatch' }

/** A block that is being put together from its compact form (BIP152). */
export interface BlockReconstruction {
  readonly compactBlock: CompactBlock
  /** Indices of the transactions not known yet, rising: what `getblocktxn` has to ask for. */
  missing(): number[]
  /**
   * Fills in those of `transactions` that the block has. Where two have the same short id, neither is taken.
   */
  offer(transactions: Iterable<Transaction>): void
  /**
   * Puts the block together with the transactions at the indices of {@link missing}, in that order. Nothing
   * is kept of them where that fails, so that an answer from another peer can be tried.
   */
  finish(transactions: readonly Transaction[]): ReconstructionResult
}

/**
 * Begins to put a block together. `undefined` where the compact block cannot be used though no one may be to
 * blame: two of its transactions have the same short id (Core, `READ_STATUS_FAILED`); get the whole block.
 */
export function reconstructBlock(compactBlock: CompactBlock): BlockReconstruction | undefined {
  const lookup = sortShortIds(compactBlock)
  return lookup === undefined ? undefined : new PartialBlock(compactBlock, lookup)
}

/** Short ids in order, each with the index of its transaction. */
interface ShortIdLookup {
  readonly ids: Float64Array
  readonly indexes: Uint16Array
}

/**
 * Sorted, and searched by halves: the ids are the peer's choice, and it could choose them so that they all
 * fall into one bucket of a hash table.
 */
function sortShortIds({ shortIds, prefilled }: CompactBlock): ShortIdLookup | undefined {
  const taken = new Set(prefilled.map(({ index }) => index))
  const indexOf = new Uint16Array(shortIds.length)
  for (let i = 0, index = 0; i < shortIds.length; index++) if (!taken.has(index)) indexOf[i++] = index
  const order = Uint16Array.from(shortIds.keys()).sort((a, b) => shortIds[a]! - shortIds[b]!)
  const ids = Float64Array.from(order, (position) => shortIds[position]!)
  for (let i = 1; i < ids.length; i++) if (ids[i] === ids[i - 1]) return undefined
  return { ids, indexes: order.map((position) => indexOf[position]!) }
}

class PartialBlock implements BlockReconstruction {
  readonly compactBlock: CompactBlock
  readonly #lookup: ShortIdLookup
  readonly #shortIdOf: ShortIdOf
  readonly #transactions: (Transaction | undefined)[]
  /** Indices whose short id fits more than one transaction that was offered. */
  readonly #ambiguous = new Set<number>()

  constructor(compactBlock: CompactBlock, lookup: ShortIdLookup) {
    this.compactBlock = compactBlock
    this.#lookup = lookup
    this.#shortIdOf = shortIdsFor(compactBlock.header, compactBlock.nonce)
    const total = compactBlock.shortIds.length + compactBlock.prefilled.length
    this.#transactions = new Array<Transaction | undefined>(total).fill(undefined)
    for (const { index, transaction } of compactBlock.prefilled) this.#transactions[index] = transaction
  }

  missing(): number[] {
    const missing: number[] = []
    for (const [index, transaction] of this.#transactions.entries())
      if (transaction === undefined) missing.push(index)
    return missing
  }

  offer(transactions: Iterable<Transaction>): void {
    for (const transaction of transactions) {
      const id = wtxid(transaction)
      const index = this.#indexOf(this.#shortIdOf(id))
      if (index === undefined || this.#ambiguous.has(index)) continue
      const known = this.#transactions[index]
      if (known === undefined) {
        this.#transactions[index] = transaction
      } else if (!bytesEqual(wtxid(known), id)) {
        this.#transactions[index] = undefined
        this.#ambiguous.add(index)
      }
    }
  }

  finish(transactions: readonly Transaction[]): ReconstructionResult {
    const expected = this.missing().length
    if (transactions.length !== expected) {
      return { status: 'wrong-count', expected, received: transactions.length }
    }
    let next = 0
    const all = this.#transactions.map((transaction) => transaction ?? transactions[next++]!)
    const block = { header: this.compactBlock.header, transactions: all }
    const { root, mutated } = blockMerkleRoot(block)
    if (mutated || !bytesEqual(root, block.header.merkleRoot)) return { status: 'mismatch' }
    return { status: 'complete', block }
  }

  #indexOf(shortId: number): number | undefined {
    const { ids, indexes } = this.#lookup
    let low = 0
    let high = ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ids[middle]! < shortId) low = middle + 1
      else high = middle
    }
    return ids[low] === shortId ? indexes[low] : undefined
  }
}
