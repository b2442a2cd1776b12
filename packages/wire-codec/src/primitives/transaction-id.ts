import { asTxid, asWtxid, type Txid, type Wtxid } from '../hash/hashes.ts'
import { sha256d } from '#crypto'
import { DecodedTransaction } from './transaction-decoder.ts'
import { encodeTransaction, hasWitness } from './transaction-encoder.ts'
import type { Transaction } from './transaction.ts'

/**
 * Double SHA-256 of the transaction without its witness, in wire order.
 * Computed once for a transaction that was decoded, at every call for one built by hand.
 */
export function txid(transaction: Transaction): Txid {
  if (!(transaction instanceof DecodedTransaction)) return asTxid(digest(transaction, false))
  return (transaction.cache.txid ??= asTxid(digest(transaction, false)))
}

/**
 * Double SHA-256 of the transaction with its witness (BIP141), in wire order; equal to the txid where it has
 * none. Computed once for a transaction that was decoded, at every call for one built by hand.
 */
export function wtxid(transaction: Transaction): Wtxid {
  if (!hasWitness(transaction)) return asWtxid(txid(transaction))
  if (!(transaction instanceof DecodedTransaction)) return asWtxid(digest(transaction, true))
  return (transaction.cache.wtxid ??= asWtxid(digest(transaction, true)))
}

function digest(transaction: Transaction, witness: boolean): Uint8Array {
  if (transaction instanceof DecodedTransaction && (witness || !transaction.hasWitness)) {
    return sha256d(transaction.source.subarray(transaction.start, transaction.end))
  }
  return sha256d(encodeTransaction(transaction, { witness }))
}
