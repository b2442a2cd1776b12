import { blockSize, readBlock, writeBlock } from '../../primitives/block.ts'
import { readTransaction } from '../../primitives/transaction-decoder.ts'
import { transactionSize, writeTransaction } from '../../primitives/transaction-encoder.ts'
import type { MessageCodec } from '../codec.ts'
import type { MessageOf } from '../message.ts'

export const blockCodec: MessageCodec<MessageOf<'block'>> = {
  command: 'block',
  shortId: 2,
  decode: (reader) => ({ type: 'block', block: readBlock(reader) }),
  encode: (message, writer) => {
    writeBlock(writer, message.block)
  },
  payloadSize: (message) => blockSize(message.block),
}

export const txCodec: MessageCodec<MessageOf<'tx'>> = {
  command: 'tx',
  shortId: 21,
  decode: (reader) => ({ type: 'tx', transaction: readTransaction(reader) }),
  encode: (message, writer) => {
    writeTransaction(writer, message.transaction)
  },
  payloadSize: (message) => transactionSize(message.transaction),
}
