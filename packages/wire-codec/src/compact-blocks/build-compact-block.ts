/**
 * Making a compact block (BIP152).
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * @module
 */

import type { CompactBlock, PrefilledTransaction } from '../messages/message.ts'
import type { Block } from '../primitives/block.ts'
import { wtxid } from '../primitives/transaction-id.ts'
import { shortIdsFor } from './short-id.ts'

/** What a compact block is made with. */
export interface CompactBlockOptions {
  /** A random 64-bit number, so that collisions of short ids differ from peer to peer. */
  readonly nonce: bigint
  /** Indices of the transactions to send whole, beside the coinbase, which always is. */
  readonly prefilled?: Iterable<number>
}

/** The compact form of `block` (BIP152, version 2). Indices that are not in the block are ignored. */
export function buildCompactBlock(
  block: Block,
  { nonce, prefilled = [] }: CompactBlockOptions,
): CompactBlock {
  const whole = new Set(prefilled).add(0)
  const shortIdOf = shortIdsFor(block.header, nonce)
  const shortIds: number[] = []
  const transactions: PrefilledTransaction[] = []
  for (const [index, transaction] of block.transactions.entries()) {
    if (whole.has(index)) transactions.push({ index, transaction })
    else shortIds.push(shortIdOf(wtxid(transaction)))
  }
  return { header: block.header, nonce, shortIds, prefilled: transactions }
}
