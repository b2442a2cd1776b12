/**
 * Transactions, with their witness (BIP144).
 * https://github.com/bitcoin/bips/blob/master/bip-0144.mediawiki
 * @module
 */

import { aTransaction } from '../arguments/primitive-check.ts'
import { requireArgument } from '../arguments/require-argument.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { compactSizeLength } from '../bytes/compact-size.ts'
import { asTxid } from '../hash/hashes.ts'
import { FieldWriter } from '../bytes/field-writer.ts'
import { DecodedTransaction } from './transaction-decoder.ts'
import type { Transaction } from './transaction.ts'

/**
 * Whether any input has a witness (BIP144).
 * @example
 * genesisBlock(mainnet).transactions.some(hasWitness) // false
 */
export function hasWitness(transaction: Transaction): boolean {
  if (transaction instanceof DecodedTransaction) return transaction.hasWitness
  requireArgument(aTransaction, transaction, 'transaction')
  return transaction.inputs.some((input) => input.witness.length > 0)
}

/**
 * The bytes of `transaction`, with its witness if it has one (BIP144) unless `witness` is false.
 * @example
 * const outputs = [{ value: 5_000n, scriptPubKey: hexToBytes('51') }]
 * const transaction = { version: 2, lockTime: 0, inputs: [], outputs }
 * bytesToHex(encodeTransaction(transaction)) // '0200000000018813000000000000015100000000'
 */
export function encodeTransaction(
  transaction: Transaction,
  { witness = true }: { readonly witness?: boolean } = {},
): Uint8Array {
  const writer = new ByteWriter(transactionSize(transaction, witness))
  writeTransaction(writer, transaction, witness)
  return writer.finish()
}

/** Writes `transaction`. One that was decoded is copied from where it came. */
export function writeTransaction(writer: ByteWriter, transaction: Transaction, witness = true): void {
  if (transaction instanceof DecodedTransaction) {
    writeDecoded(writer, transaction, witness)
    return
  }
  const withWitness = witness && hasWitness(transaction)
  const size = strippedSize(transaction) + (withWitness ? witnessSize(transaction) : 0)
  writeFields(new FieldWriter(writer.claim(size)), transaction, withWitness)
}

function writeFields(fields: FieldWriter, transaction: Transaction, withWitness: boolean): void {
  fields.u32(transaction.version)
  if (withWitness) {
    fields.size(0)
    fields.size(1)
  }
  fields.size(transaction.inputs.length)
  for (const { previousOutput, scriptSig, sequence } of transaction.inputs) {
    fields.bytes(asTxid(previousOutput.txid))
    fields.u32(previousOutput.index)
    fields.varBytes(scriptSig)
    fields.u32(sequence)
  }
  fields.size(transaction.outputs.length)
  for (const { value, scriptPubKey } of transaction.outputs) {
    fields.i64(value)
    fields.varBytes(scriptPubKey)
  }
  if (withWitness) {
    for (const { witness } of transaction.inputs) {
      fields.size(witness.length)
      for (const item of witness) fields.varBytes(item)
    }
  }
  fields.u32(transaction.lockTime)
}

function writeDecoded(writer: ByteWriter, transaction: DecodedTransaction, witness: boolean): void {
  const { source, start, end } = transaction
  if (witness || !transaction.hasWitness) {
    writer.bytes(source.subarray(start, end))
    return
  }
  writer
    .bytes(source.subarray(start, start + 4))
    .bytes(source.subarray(transaction.inputsStart, transaction.outputsEnd))
    .bytes(source.subarray(end - 4, end))
}

/** Bytes that `transaction` takes on the wire, with its witness unless `witness` is false. */
export function transactionSize(transaction: Transaction, witness = true): number {
  if (transaction instanceof DecodedTransaction) {
    const { start, end, inputsStart, outputsEnd } = transaction
    return witness ? end - start : 8 + outputsEnd - inputsStart
  }
  requireArgument(aTransaction, transaction, 'transaction')
  const size = strippedSize(transaction)
  return witness && hasWitness(transaction) ? size + witnessSize(transaction) : size
}

function strippedSize(transaction: Transaction): number {
  let size = 8 + compactSizeLength(transaction.inputs.length) + compactSizeLength(transaction.outputs.length)
  for (const input of transaction.inputs) size += 40 + varBytesLength(input.scriptSig)
  for (const output of transaction.outputs) size += 8 + varBytesLength(output.scriptPubKey)
  return size
}

function witnessSize(transaction: Transaction): number {
  let size = 2
  for (const { witness } of transaction.inputs) {
    size += compactSizeLength(witness.length)
    for (const item of witness) size += varBytesLength(item)
  }
  return size
}

function varBytesLength(bytes: Uint8Array): number {
  return compactSizeLength(bytes.length) + bytes.length
}

/**
 * Weight units (BIP141): three times the size without witness plus the size with it.
 * @example
 * const [coinbase] = genesisBlock(mainnet).transactions
 * transactionWeight(coinbase!) // 816
 */
export function transactionWeight(transaction: Transaction): number {
  return 3 * transactionSize(transaction, false) + transactionSize(transaction, true)
}

/**
 * Virtual bytes (BIP141): a quarter of the weight, rounded up.
 * @example
 * const [coinbase] = genesisBlock(mainnet).transactions
 * transactionVirtualSize(coinbase!) // 204
 */
export function transactionVirtualSize(transaction: Transaction): number {
  return Math.ceil(transactionWeight(transaction) / 4)
}
