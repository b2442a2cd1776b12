import { asTxid, asWtxid, HASH_SIZE, type Txid, type Wtxid } from '../hash/hashes.ts'
import { sha256Backend, sha256d } from '../crypto/backend-in-force.ts'
import { MESSAGE_CUTS } from '../crypto/sha256-backend.ts'
import { DecodedTransaction } from './transaction-decoder.ts'
import { encodeTransaction, hasWitness } from './transaction-encoder.ts'
import type { Transaction } from './transaction.ts'

/**
 * Double SHA-256 of the transaction without its witness, in wire order.
 * Computed once for a transaction that was decoded, at every call for one built by hand.
 * @example
 * const [coinbase] = genesisBlock(mainnet).transactions
 * hashToHex(txid(coinbase!)) // '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'
 */
export function txid(transaction: Transaction): Txid {
  if (!(transaction instanceof DecodedTransaction)) return asTxid(digest(transaction, false))
  return (transaction.cache.txid ??= asTxid(digest(transaction, false)))
}

/**
 * Double SHA-256 of the transaction with its witness (BIP141), in wire order; equal to the txid where it has
 * none. Computed once for a transaction that was decoded, at every call for one built by hand.
 * @example
 * const [coinbase] = genesisBlock(mainnet).transactions
 * // Without a witness both are the same.
 * bytesEqual(wtxid(coinbase!), txid(coinbase!)) // true
 */
export function wtxid(transaction: Transaction): Wtxid {
  if (!hasWitness(transaction)) return asWtxid(txid(transaction))
  if (!(transaction instanceof DecodedTransaction)) return asWtxid(digest(transaction, true))
  return (transaction.cache.wtxid ??= asWtxid(digest(transaction, true)))
}

/**
 * The {@link txid} of each of `transactions`. Those that were decoded from the same bytes are hashed
 * together, which is several times as fast as one after the other.
 * @example
 * const [id] = txids(genesisBlock(mainnet).transactions)
 * hashToHex(id!) // '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'
 */
export function txids(transactions: readonly Transaction[]): Txid[] {
  hashTogether(transactions, 'txid')
  return transactions.map(txid)
}

/** As {@link txids}, with their witnesses: the {@link wtxid} of each. */
export function wtxids(transactions: readonly Transaction[]): Wtxid[] {
  hashTogether(transactions, 'wtxid')
  return transactions.map(wtxid)
}

function digest(transaction: Transaction, witness: boolean): Uint8Array {
  if (transaction instanceof DecodedTransaction && (witness || !transaction.hasWitness)) {
    return sha256d(transaction.source.subarray(transaction.start, transaction.end))
  }
  return sha256d(encodeTransaction(transaction, { witness }))
}

/** Computes what is not known yet, for all that stand in a row and were decoded from the same bytes. */
function hashTogether(transactions: readonly Transaction[], kind: 'txid' | 'wtxid'): void {
  let batch: DecodedTransaction[] = []
  for (const transaction of transactions) {
    if (!(transaction instanceof DecodedTransaction)) continue
    // A wtxid without a witness is the txid.
    const isKnown = transaction.cache[transaction.hasWitness ? kind : 'txid'] !== undefined
    if (isKnown) continue
    if (batch.length > 0 && batch[0]!.source !== transaction.source) {
      hashBatch(batch, kind)
      batch = []
    }
    batch.push(transaction)
  }
  if (batch.length > 0) hashBatch(batch, kind)
}

/** @param batch At least one, all of one source. */
function hashBatch(batch: readonly DecodedTransaction[], kind: 'txid' | 'wtxid'): void {
  const cuts = new Uint32Array(batch.length * MESSAGE_CUTS)
  for (let i = 0, at = 0; i < batch.length; i++) {
    const { start, end, inputsStart, outputsEnd } = batch[i]!
    cuts[at++] = start
    cuts[at++] = kind === 'txid' ? inputsStart : start + 4
    cuts[at++] = kind === 'txid' ? outputsEnd : end - 4
    cuts[at++] = end
  }
  const hashes = new Uint8Array(batch.length * HASH_SIZE)
  sha256Backend().hashMany(batch[0]!.source, cuts, hashes)
  for (let i = 0; i < batch.length; i++) {
    const { cache, hasWitness: witnessed } = batch[i]!
    const hash = new Uint8Array(hashes.buffer, i * HASH_SIZE, HASH_SIZE)
    if (kind === 'wtxid' && witnessed) cache.wtxid = asWtxid(hash)
    else cache.txid = asTxid(hash)
  }
}
