import { ByteWriter } from '../bytes/byte-writer.ts'
import { compactSizeLength } from '../bytes/compact-size.ts'
import { DecodedTransaction } from './transaction-decoder.ts'
import type { Transaction, TransactionInput } from './transaction.ts'

/** Whether any input has a witness (BIP144). */
export function hasWitness(transaction: Transaction): boolean {
  if (transaction instanceof DecodedTransaction) return transaction.hasWitness
  return transaction.inputs.some((input) => input.witness.length > 0)
}

/** The bytes of `transaction`, with its witness if it has one (BIP144) unless `witness` is false. */
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
  writer.u32(transaction.version)
  if (withWitness) writer.u8(0).u8(1)
  writer.compactSize(transaction.inputs.length)
  for (const input of transaction.inputs) {
    writer
      .hash(input.previousOutput.txid)
      .u32(input.previousOutput.index)
      .varBytes(input.scriptSig)
      .u32(input.sequence)
  }
  writer.compactSize(transaction.outputs.length)
  for (const output of transaction.outputs) writer.i64(output.value).varBytes(output.scriptPubKey)
  if (withWitness) for (const input of transaction.inputs) writeStack(writer, input)
  writer.u32(transaction.lockTime)
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

function writeStack(writer: ByteWriter, input: TransactionInput): void {
  writer.compactSize(input.witness.length)
  for (const item of input.witness) writer.varBytes(item)
}

/** Bytes that `transaction` takes on the wire, with its witness unless `witness` is false. */
export function transactionSize(transaction: Transaction, witness = true): number {
  if (transaction instanceof DecodedTransaction) {
    const { start, end, inputsStart, outputsEnd } = transaction
    return witness ? end - start : 8 + outputsEnd - inputsStart
  }
  let size = 8 + compactSizeLength(transaction.inputs.length) + compactSizeLength(transaction.outputs.length)
  for (const input of transaction.inputs) size += 40 + varBytesLength(input.scriptSig)
  for (const output of transaction.outputs) size += 8 + varBytesLength(output.scriptPubKey)
  return witness && hasWitness(transaction) ? size + witnessSize(transaction) : size
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

/** Weight units (BIP141): three times the size without witness plus the size with it. */
export function transactionWeight(transaction: Transaction): number {
  return 3 * transactionSize(transaction, false) + transactionSize(transaction, true)
}

/** Virtual bytes (BIP141): a quarter of the weight, rounded up. */
export function transactionVirtualSize(transaction: Transaction): number {
  return Math.ceil(transactionWeight(transaction) / 4)
}
