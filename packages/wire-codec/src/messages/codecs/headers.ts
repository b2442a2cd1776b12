import type { ByteReader } from '../../bytes/byte-reader.ts'
import { given, lazyFields } from '../../primitives/lazy-fields.ts'
import { lazyList } from '../../bytes/lazy-list.ts'
import type { BlockHash } from '../../hash/hashes.ts'
import { DecodedHeader } from '../../primitives/decoded-header.ts'
import { HEADER_SIZE, writeHeader, type BlockHeader } from '../../primitives/header.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_HEADERS_RESULTS, MAX_LOCATOR_SIZE } from '../limits.ts'
import type { MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'

/** The header and the count of transactions after it. */
const ENTRY_SIZE = HEADER_SIZE + 1

const withHeaders = /* @__PURE__ */ lazyFields({ headers: given<readonly BlockHeader[]> })

/** The count of transactions after each header is read and ignored, as Core does; it is written as 0. */
export const headersCodec: MessageCodec<MessageOf<'headers'>> = {
  command: 'headers',
  shortId: 13,
  decode(reader) {
    const offset = reader.offset
    const count = reader.compactSize()
    // Core looks at the count before it reads a header, so that here a cut list is no excuse.
    if (count > MAX_HEADERS_RESULTS) {
      reader.fail('too-many', { value: count, limit: MAX_HEADERS_RESULTS, offset, severity: 'discourage' })
    }
    reader.need(count * ENTRY_SIZE)
    const headers = lazyList(reader, (next) => readEntries(next, count))
    for (let i = 0; i < count; i++) {
      reader.skip(HEADER_SIZE)
      reader.compactSize()
    }
    return withHeaders({ type: 'headers' }, headers)
  },
  encode({ headers }, writer) {
    checkLength('headers', headers.length, MAX_HEADERS_RESULTS)
    writer.compactSize(headers.length)
    for (const header of headers) {
      writeHeader(writer, header)
      writer.u8(0)
    }
  },
  payloadSize: ({ headers }) => (headers.length < 0xfd ? 1 : 3) + headers.length * ENTRY_SIZE,
}

function readEntries(reader: ByteReader, count: number): BlockHeader[] {
  const { source } = reader
  const { buffer, byteOffset } = source
  const headers = new Array<BlockHeader>(count)
  for (let i = 0; i < count; i++) {
    headers[i] = new DecodedHeader(source, reader.offset, buffer, byteOffset)
    reader.skip(HEADER_SIZE)
    reader.compactSize()
  }
  return headers
}

type LocatorType = 'getheaders' | 'getblocks'

function locatorCodec<T extends LocatorType>(
  command: T,
  shortId: number,
): MessageCodec<{
  readonly type: T
  readonly version: number
  readonly locator: readonly BlockHash[]
  readonly stopHash: BlockHash
}> {
  return {
    command,
    shortId,
    decode(reader) {
      const version = reader.i32()
      const count = reader.count(MAX_LOCATOR_SIZE, 32, 'disconnect')
      return {
        type: command,
        version,
        locator: reader.list(count, (next) => next.blockHash()),
        stopHash: reader.blockHash(),
      }
    },
    encode({ version, locator, stopHash }, writer) {
      checkLength('locator', locator.length, MAX_LOCATOR_SIZE)
      writer.i32(version).compactSize(locator.length)
      for (const hash of locator) writer.hash(hash)
      writer.hash(stopHash)
    },
    payloadSize: ({ locator }) => 4 + 1 + 32 * locator.length + 32,
  }
}

export const getHeadersCodec: MessageCodec<MessageOf<'getheaders'>> = locatorCodec('getheaders', 12)
export const getBlocksCodec: MessageCodec<MessageOf<'getblocks'>> = locatorCodec('getblocks', 9)
