/**
 * Messages of compact blocks (BIP152).
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * @module
 */

import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { readTransactions } from '../../primitives/block.ts'
import { readHeader, writeHeader } from '../../primitives/header.ts'
import { MIN_TRANSACTION_SIZE, readTransaction } from '../../primitives/transaction-decoder.ts'
import { transactionSize, writeTransaction } from '../../primitives/transaction-encoder.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_COMPACT_BLOCK_TRANSACTIONS } from '../limits.ts'
import type { MessageOf, PrefilledTransaction } from '../message.ts'
import { checkLength } from './check-length.ts'

const SHORT_ID_SIZE = 6

export const sendCmpctCodec: MessageCodec<MessageOf<'sendcmpct'>> = {
  command: 'sendcmpct',
  shortId: 20,
  decode(reader) {
    const offset = reader.offset
    const announce = reader.u8()
    const version = reader.u64()
    if (announce > 1)
      reader.fail('out-of-range', { value: announce, limit: 1, offset, severity: 'discourage' })
    return { type: 'sendcmpct', announce: announce === 1, version }
  },
  encode: (message, writer) => void writer.u8(message.announce ? 1 : 0).u64(message.version),
}

/**
 * What breaks the wire form is dropped; what cannot be a block (Core's `READ_STATUS_INVALID`) is discouraged.
 */
export const cmpctBlockCodec: MessageCodec<MessageOf<'cmpctblock'>> = {
  command: 'cmpctblock',
  shortId: 4,
  decode(reader) {
    const header = readHeader(reader)
    const nonce = reader.u64()
    const offset = reader.offset
    const shortIds = readShortIds(reader)
    const prefilled = readPrefilled(reader, shortIds.length)
    const total = shortIds.length + prefilled.length
    if (total > MAX_COMPACT_BLOCK_TRANSACTIONS) {
      reader.fail('too-many', { value: total, limit: MAX_COMPACT_BLOCK_TRANSACTIONS, offset })
    }
    if (total === 0) reader.fail('too-short', { value: 0, limit: 1, offset, severity: 'discourage' })
    return { type: 'cmpctblock', compactBlock: { header, nonce, shortIds, prefilled } }
  },
  encode({ compactBlock: { header, nonce, shortIds, prefilled } }, writer) {
    checkLength('transactions', shortIds.length + prefilled.length, MAX_COMPACT_BLOCK_TRANSACTIONS, 1)
    writeHeader(writer, header)
    writer.u64(nonce).compactSize(shortIds.length)
    for (const id of shortIds) writer.u48(id)
    writer.compactSize(prefilled.length)
    let next = 0
    for (const { index, transaction } of prefilled) {
      next = writeDifference(writer, index, next)
      writeTransaction(writer, transaction)
    }
  },
  payloadSize: ({ compactBlock: { shortIds, prefilled } }) =>
    prefilled.reduce(
      (size, { transaction }) => size + 3 + transactionSize(transaction),
      94 + 6 * shortIds.length,
    ),
}

function readShortIds(reader: ByteReader): number[] {
  const count = reader.count(MAX_COMPACT_BLOCK_TRANSACTIONS, SHORT_ID_SIZE)
  const shortIds = new Array<number>(count)
  for (let i = 0; i < count; i++) shortIds[i] = reader.u48()
  return shortIds
}

function readPrefilled(reader: ByteReader, shortIdCount: number): PrefilledTransaction[] {
  const count = reader.count(MAX_COMPACT_BLOCK_TRANSACTIONS, 1 + MIN_TRANSACTION_SIZE)
  const prefilled = new Array<PrefilledTransaction>(count)
  let next = 0
  for (let i = 0; i < count; i++) {
    const offset = reader.offset
    const index = next + readDifference(reader)
    // Every index below has to be a short id or prefilled (`PartiallyDownloadedBlock::InitData`).
    const most = Math.min(shortIdCount + i, MAX_COMPACT_BLOCK_TRANSACTIONS)
    if (index > most)
      reader.fail('out-of-range', { value: index, limit: most, offset, severity: 'discourage' })
    prefilled[i] = { index, transaction: readTransaction(reader, 'discourage') }
    next = index + 1
  }
  return prefilled
}

export const getBlockTxnCodec: MessageCodec<MessageOf<'getblocktxn'>> = {
  command: 'getblocktxn',
  shortId: 10,
  decode(reader) {
    const blockHash = reader.blockHash()
    const count = reader.count(MAX_COMPACT_BLOCK_TRANSACTIONS + 1, 1)
    const indexes = new Uint16Array(count)
    let next = 0
    for (let i = 0; i < count; i++) {
      const offset = reader.offset
      const index = next + readDifference(reader)
      if (index > MAX_COMPACT_BLOCK_TRANSACTIONS) {
        reader.fail('out-of-range', { value: index, limit: MAX_COMPACT_BLOCK_TRANSACTIONS, offset })
      }
      indexes[i] = index
      next = index + 1
    }
    return { type: 'getblocktxn', blockHash, indexes }
  },
  encode({ blockHash, indexes }, writer) {
    writer.hash(blockHash).compactSize(indexes.length)
    let next = 0
    for (const index of indexes) next = writeDifference(writer, index, next)
  },
}

export const blockTxnCodec: MessageCodec<MessageOf<'blocktxn'>> = {
  command: 'blocktxn',
  shortId: 3,
  decode: (reader) => ({
    type: 'blocktxn',
    blockHash: reader.blockHash(),
    transactions: readTransactions(reader, 'drop'),
  }),
  encode({ blockHash, transactions }, writer) {
    writer.hash(blockHash).compactSize(transactions.length)
    for (const transaction of transactions) writeTransaction(writer, transaction)
  },
  payloadSize: ({ transactions }) =>
    transactions.reduce((size, transaction) => size + transactionSize(transaction), 37),
}

/** Indices are sent as the gap to the one before (BIP152), in 16 bits. */
function readDifference(reader: ByteReader): number {
  const offset = reader.offset
  const difference = reader.compactSize()
  if (difference > MAX_COMPACT_BLOCK_TRANSACTIONS) {
    reader.fail('out-of-range', { value: difference, limit: MAX_COMPACT_BLOCK_TRANSACTIONS, offset })
  }
  return difference
}

/** @returns the least index that may follow. @throws RangeError unless indices rise. */
function writeDifference(writer: ByteWriter, index: number, next: number): number {
  if (index < next || index > MAX_COMPACT_BLOCK_TRANSACTIONS) {
    throw new RangeError(`index: ${index}, not ${next} to ${MAX_COMPACT_BLOCK_TRANSACTIONS}`)
  }
  writer.compactSize(index - next)
  return index + 1
}
