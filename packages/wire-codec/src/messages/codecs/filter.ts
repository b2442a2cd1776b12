/**
 * Messages of compact block filters (BIP157).
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import { lazyList } from '../../bytes/lazy-list.ts'
import { HASH_SIZE } from '../../crypto/sizes.ts'
import type { BlockHash, Hash256 } from '../../hash/hashes.ts'
import { given, lazyFields } from '../../primitives/lazy-fields.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_FILTER_HEADERS_PER_REQUEST, MAX_PAYLOAD_SIZE } from '../limits.ts'
import type { MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'

/** No payload holds more; a chain of that many checkpoints is centuries away. */
const MAX_FILTER_CHECKPOINTS = Math.floor(MAX_PAYLOAD_SIZE / 32)

function rangeCodec<T extends 'getcfilters' | 'getcfheaders'>(
  command: T,
  shortId: number,
): MessageCodec<{
  readonly type: T
  readonly filterType: number
  readonly startHeight: number
  readonly stopHash: BlockHash
}> {
  return {
    command,
    shortId,
    decode: (reader) => ({
      type: command,
      filterType: reader.u8(),
      startHeight: reader.u32(),
      stopHash: reader.blockHash(),
    }),
    encode: ({ filterType, startHeight, stopHash }, writer) =>
      void writer.u8(filterType).u32(startHeight).hash(stopHash),
  }
}

export const getCFiltersCodec: MessageCodec<MessageOf<'getcfilters'>> = rangeCodec('getcfilters', 22)
export const getCFHeadersCodec: MessageCodec<MessageOf<'getcfheaders'>> = rangeCodec('getcfheaders', 24)

export const cfilterCodec: MessageCodec<MessageOf<'cfilter'>> = {
  command: 'cfilter',
  shortId: 23,
  decode: (reader) => ({
    type: 'cfilter',
    filterType: reader.u8(),
    blockHash: reader.blockHash(),
    filter: reader.varBytes(MAX_PAYLOAD_SIZE),
  }),
  encode: ({ filterType, blockHash, filter }, writer) =>
    void writer.u8(filterType).hash(blockHash).varBytes(filter),
  payloadSize: ({ filter }) => 38 + filter.length,
}

export const cfheadersCodec: MessageCodec<MessageOf<'cfheaders'>> = {
  command: 'cfheaders',
  shortId: 25,
  decode: (reader) => ({
    type: 'cfheaders',
    filterType: reader.u8(),
    stopHash: reader.blockHash(),
    previousFilterHeader: reader.hash(),
    filterHashes: reader.list(reader.count(MAX_FILTER_HEADERS_PER_REQUEST, 32), (next) => next.hash()),
  }),
  encode({ filterType, stopHash, previousFilterHeader, filterHashes }, writer) {
    checkLength('filterHashes', filterHashes.length, MAX_FILTER_HEADERS_PER_REQUEST)
    writer.u8(filterType).hash(stopHash).hash(previousFilterHeader).compactSize(filterHashes.length)
    for (const hash of filterHashes) writer.hash(hash)
  },
  payloadSize: ({ filterHashes }) => 68 + 32 * filterHashes.length,
}

export const getCFCheckptCodec: MessageCodec<MessageOf<'getcfcheckpt'>> = {
  command: 'getcfcheckpt',
  shortId: 26,
  decode: (reader) => ({ type: 'getcfcheckpt', filterType: reader.u8(), stopHash: reader.blockHash() }),
  encode: ({ filterType, stopHash }, writer) => void writer.u8(filterType).hash(stopHash),
}

const withFilterHeaders = /* @__PURE__ */ lazyFields({ filterHeaders: given<readonly Hash256[]> })

export const cfcheckptCodec: MessageCodec<MessageOf<'cfcheckpt'>> = {
  command: 'cfcheckpt',
  shortId: 27,
  decode(reader) {
    const filterType = reader.u8()
    const stopHash = reader.blockHash()
    const count = reader.count(MAX_FILTER_CHECKPOINTS, HASH_SIZE)
    const filterHeaders = lazyList(reader, (next) => next.list(count, (each) => each.hash()))
    reader.skip(count * HASH_SIZE)
    return withFilterHeaders({ type: 'cfcheckpt', filterType, stopHash }, filterHeaders)
  },
  encode({ filterType, stopHash, filterHeaders }, writer) {
    writer.u8(filterType).hash(stopHash).compactSize(filterHeaders.length)
    for (const hash of filterHeaders) writer.hash(hash)
  },
  payloadSize: ({ filterHeaders }) => 38 + 32 * filterHeaders.length,
}
