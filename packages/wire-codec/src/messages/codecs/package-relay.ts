/**
 * Package relay (BIP331, a draft).
 * https://github.com/bitcoin/bips/blob/master/bip-0331.mediawiki
 * @module
 */

import type { Wtxid } from '../../hash/hashes.ts'
import { readTransactions } from '../../primitives/block.ts'
import { transactionSize, writeTransaction } from '../../primitives/transaction-encoder.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_PACKAGE_TRANSACTIONS, MAX_PAYLOAD_SIZE } from '../limits.ts'
import type { PackageMessage } from '../message.ts'
import { checkLength } from './check-length.ts'

type PackageMessageOf<T extends PackageMessage['type']> = Extract<PackageMessage, { readonly type: T }>

function wtxidsCodec<T extends 'ancpkginfo' | 'getpkgtxns'>(
  command: T,
  limit: number,
): MessageCodec<{ readonly type: T; readonly wtxids: readonly Wtxid[] }> {
  return {
    command,
    decode: (reader) => ({
      type: command,
      wtxids: reader.list(reader.count(limit, 32), (next) => next.wtxid()),
    }),
    encode({ wtxids }, writer) {
      checkLength('wtxids', wtxids.length, limit)
      writer.compactSize(wtxids.length)
      for (const wtxid of wtxids) writer.hash(wtxid)
    },
  }
}

const sendPackagesCodec: MessageCodec<PackageMessageOf<'sendpackages'>> = {
  command: 'sendpackages',
  decode: (reader) => ({ type: 'sendpackages', versions: reader.u64() }),
  encode: (message, writer) => void writer.u64(message.versions),
}

const ancPkgInfoCodec: MessageCodec<PackageMessageOf<'ancpkginfo'>> = wtxidsCodec(
  'ancpkginfo',
  Math.floor(MAX_PAYLOAD_SIZE / 32),
)

const getPkgTxnsCodec: MessageCodec<PackageMessageOf<'getpkgtxns'>> = wtxidsCodec(
  'getpkgtxns',
  MAX_PACKAGE_TRANSACTIONS,
)

const pkgTxnsCodec: MessageCodec<PackageMessageOf<'pkgtxns'>> = {
  command: 'pkgtxns',
  decode: (reader) => ({
    type: 'pkgtxns',
    transactions: readTransactions(reader, 'drop', MAX_PACKAGE_TRANSACTIONS),
  }),
  encode({ transactions }, writer) {
    checkLength('transactions', transactions.length, MAX_PACKAGE_TRANSACTIONS)
    writer.compactSize(transactions.length)
    for (const transaction of transactions) writeTransaction(writer, transaction)
  },
  payloadSize: ({ transactions }) => transactions.reduce((size, tx) => size + transactionSize(tx), 5),
}

/** Package relay (BIP331, draft), to be added with `createRegistry(baseRegistry, ...packageMessages)`. */
export const packageMessages: readonly MessageCodec<PackageMessage>[] = [
  sendPackagesCodec,
  ancPkgInfoCodec,
  getPkgTxnsCodec,
  pkgTxnsCodec,
]
