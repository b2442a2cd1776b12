import { requireBytes } from '../arguments/require-argument.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { compactSizeLength } from '../bytes/compact-size.ts'
import type { DecodeSeverity } from '../errors/decode-error.ts'
import { giveTextForm } from '../text-form/text-form.ts'
import { HEADER_SIZE, readHeader, writeHeader, type BlockHeader } from './header.ts'
import { MIN_TRANSACTION_SIZE, readTransaction } from './transaction-decoder.ts'
import { transactionSize, writeTransaction } from './transaction-encoder.ts'
import type { Transaction } from './transaction.ts'

/** Most weight units of a block (BIP141; `MAX_BLOCK_WEIGHT`, consensus.h). */
export const MAX_BLOCK_WEIGHT = 4_000_000
/**
 * Least weight of a transaction that can be valid: 60 bytes, none of them witness (`MIN_TRANSACTION_WEIGHT`,
 * consensus.h).
 */
export const MIN_TRANSACTION_WEIGHT = 240

/**
 * Most transactions that a block can list on the wire: none is smaller than 60
 * weight units a byte of its least size.
 */
export const MAX_BLOCK_TRANSACTIONS: number = Math.floor(MAX_BLOCK_WEIGHT / MIN_TRANSACTION_SIZE)

/** A block: its header and all its transactions, the coinbase first. */
export interface Block {
  readonly header: BlockHeader
  readonly transactions: readonly Transaction[]
}

/** A block that keeps the bytes that it was decoded from. */
class DecodedBlock implements Block {
  readonly header: BlockHeader
  readonly transactions: readonly Transaction[]
  readonly #bytes: Uint8Array

  static {
    giveTextForm(this.prototype)
  }

  constructor(header: BlockHeader, transactions: readonly Transaction[], bytes: Uint8Array) {
    this.header = header
    this.transactions = transactions
    this.#bytes = bytes
  }

  static bytesOf(block: Block): Uint8Array | undefined {
    return #bytes in block ? block.#bytes : undefined
  }
}

/**
 * The serialised `block`, witnesses included: as a view, without a copy, the bytes that it was decoded from;
 * of a block that was put together, what `encodeBlock` gives.
 */
export function blockBytes(block: Block): Uint8Array {
  return DecodedBlock.bytesOf(block) ?? encodeBlock(block)
}

/**
 * A block from its bytes (BIP144; with or without witnesses). All of it is checked here; transactions make
 * their inputs and outputs when they are first asked for, as views into `bytes`, which therefore must not
 * change. Bytes after the end are not looked at.
 * @throws DecodeError; TypeError for what is no bytes.
 * @example
 * const block = decodeBlock(blockBytes(genesisBlock(mainnet)))
 * block.transactions.length // 1
 * block.transactions[0]!.outputs[0]!.value // 5000000000n
 */
export function decodeBlock(bytes: Uint8Array): Block {
  requireBytes(bytes, 'decodeBlock')
  return readBlock(new ByteReader(bytes))
}

/** Reads a block. */
export function readBlock(reader: ByteReader): Block {
  const { source, offset } = reader
  const header = readHeader(reader)
  const transactions = readTransactions(reader, 'discourage')
  return new DecodedBlock(header, transactions, source.subarray(offset, reader.offset))
}

/**
 * Reads a CompactSize count, at most `limit`, and that many transactions.
 * `emptySeverity` is what one without inputs means there: see `readTransaction`.
 */
export function readTransactions(
  reader: ByteReader,
  emptySeverity: DecodeSeverity,
  limit: number = MAX_BLOCK_TRANSACTIONS,
): Transaction[] {
  const count = reader.count(limit, MIN_TRANSACTION_SIZE)
  const transactions = new Array<Transaction>(count)
  for (let i = 0; i < count; i++) transactions[i] = readTransaction(reader, emptySeverity)
  return transactions
}

/**
 * The bytes of `block`, with the witness of each transaction that has one (BIP144) unless `witness` is false.
 * @example
 * encodeBlock(genesisBlock(mainnet)).length // 285
 */
export function encodeBlock(
  block: Block,
  { witness = true }: { readonly witness?: boolean } = {},
): Uint8Array {
  const writer = new ByteWriter(blockSize(block, witness))
  writeBlock(writer, block, witness)
  return writer.finish()
}

/** Writes `block`. */
export function writeBlock(writer: ByteWriter, block: Block, witness = true): void {
  const bytes = witness ? DecodedBlock.bytesOf(block) : undefined
  if (bytes !== undefined) {
    writer.bytes(bytes)
    return
  }
  writeHeader(writer, block.header)
  writer.compactSize(block.transactions.length)
  for (const transaction of block.transactions) writeTransaction(writer, transaction, witness)
}

/**
 * Bytes that `block` takes on the wire.
 * @example
 * blockSize(genesisBlock(mainnet)) // 285
 */
export function blockSize(block: Block, witness = true): number {
  const bytes = witness ? DecodedBlock.bytesOf(block) : undefined
  if (bytes !== undefined) return bytes.length
  let size = HEADER_SIZE + compactSizeLength(block.transactions.length)
  for (const transaction of block.transactions) size += transactionSize(transaction, witness)
  return size
}

/**
 * Weight units of `block` (BIP141): three times its size without witnesses plus its size with them.
 * @example
 * blockWeight(genesisBlock(mainnet)) // 1140
 */
export function blockWeight(block: Block): number {
  return 3 * blockSize(block, false) + blockSize(block, true)
}
