/**
 * Messages of bloom filters (BIP37).
 * https://github.com/bitcoin/bips/blob/master/bip-0037.mediawiki
 * @module
 */

import { lazyList } from '../../bytes/lazy-list.ts'
import { HASH_SIZE } from '../../crypto/sizes.ts'
import type { Hash256 } from '../../hash/hashes.ts'
import { MAX_BLOCK_TRANSACTIONS } from '../../primitives/block.ts'
import { HEADER_SIZE, readHeader, writeHeader } from '../../primitives/header.ts'
import { given, lazyFields } from '../../primitives/lazy-fields.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_BLOOM_FILTER_SIZE, MAX_BLOOM_HASH_FUNCTIONS, MAX_FILTER_ELEMENT_SIZE } from '../limits.ts'
import type { MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'

export const filterLoadCodec: MessageCodec<MessageOf<'filterload'>> = {
  command: 'filterload',
  shortId: 8,
  decode(reader) {
    const filter = reader.varBytes(MAX_BLOOM_FILTER_SIZE, 'discourage')
    const offset = reader.offset
    const hashFunctions = reader.u32()
    const tweak = reader.u32()
    const flags = reader.u8()
    if (hashFunctions > MAX_BLOOM_HASH_FUNCTIONS) {
      reader.fail('out-of-range', {
        value: hashFunctions,
        limit: MAX_BLOOM_HASH_FUNCTIONS,
        offset,
        severity: 'discourage',
      })
    }
    return { type: 'filterload', filter, hashFunctions, tweak, flags }
  },
  encode(message, writer) {
    checkLength('filter', message.filter.length, MAX_BLOOM_FILTER_SIZE)
    checkLength('hashFunctions', message.hashFunctions, MAX_BLOOM_HASH_FUNCTIONS)
    writer.varBytes(message.filter).u32(message.hashFunctions).u32(message.tweak).u8(message.flags)
  },
  payloadSize: ({ filter }) => 3 + filter.length + 9,
}

export const filterAddCodec: MessageCodec<MessageOf<'filteradd'>> = {
  command: 'filteradd',
  shortId: 6,
  decode: (reader) => ({
    type: 'filteradd',
    element: reader.varBytes(MAX_FILTER_ELEMENT_SIZE, 'discourage'),
  }),
  encode(message, writer) {
    checkLength('element', message.element.length, MAX_FILTER_ELEMENT_SIZE)
    writer.varBytes(message.element)
  },
}

const withHashes = /* @__PURE__ */ lazyFields({ hashes: given<readonly Hash256[]> })

export const merkleBlockCodec: MessageCodec<MessageOf<'merkleblock'>> = {
  command: 'merkleblock',
  shortId: 16,
  decode(reader) {
    const header = readHeader(reader)
    const transactionCount = reader.u32()
    const count = reader.count(MAX_BLOCK_TRANSACTIONS, HASH_SIZE)
    const hashes = lazyList(reader, (next) => next.list(count, (each) => each.hash()))
    reader.skip(count * HASH_SIZE)
    const merkleBlock = withHashes({ header, transactionCount, flags: reader.varBytes() }, hashes)
    return { type: 'merkleblock', merkleBlock }
  },
  encode({ merkleBlock: { header, transactionCount, hashes, flags } }, writer) {
    writeHeader(writer, header)
    writer.u32(transactionCount).compactSize(hashes.length)
    for (const hash of hashes) writer.hash(hash)
    writer.varBytes(flags)
  },
  payloadSize: ({ merkleBlock: { hashes, flags } }) => HEADER_SIZE + 14 + 32 * hashes.length + flags.length,
}
