import { aHeader } from '../arguments/primitive-check.ts'
import { requireArgument, requireBytes } from '../arguments/require-argument.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { asBlockHash, type BlockHash, HASH_SIZE, type Hash256 } from '../hash/hashes.ts'
import { sha256Backend, sha256d } from '../crypto/backend-in-force.ts'
import { HEADER_SIZE } from '../crypto/sizes.ts'
import { DecodedHeader, placesOf } from './decoded-header.ts'

export { HEADER_SIZE }

/** The 80 bytes that a block is known by. Hash fields are views into the bytes they were decoded from. */
export interface BlockHeader {
  /** Signed 32-bit version. */
  readonly version: number
  readonly previousBlockHash: BlockHash
  readonly merkleRoot: Hash256
  /** Seconds since 1970, unsigned 32-bit. */
  readonly time: number
  /** Compact target (nBits), unsigned 32-bit. */
  readonly bits: number
  /** Unsigned 32-bit. */
  readonly nonce: number
}

/**
 * A header from its 80 bytes; bytes after them are not looked at.
 * @throws DecodeError when there are fewer; TypeError for what is no bytes.
 * @example
 * const bytes = encodeHeader(genesisBlock(mainnet).header)
 * decodeHeader(bytes).nonce // 2083236893
 */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  requireBytes(bytes, 'decodeHeader')
  return readHeader(new ByteReader(bytes))
}

/** Reads the next 80 bytes as a header. */
export function readHeader(reader: ByteReader): BlockHeader {
  reader.need(HEADER_SIZE)
  const { source, offset } = reader
  reader.offset = offset + HEADER_SIZE
  return new DecodedHeader(source, offset, source.buffer, source.byteOffset)
}

/**
 * The 80 bytes of `header`.
 * @example
 * encodeHeader(genesisBlock(regtest).header).length // 80
 */
export function encodeHeader(header: BlockHeader): Uint8Array {
  const writer = new ByteWriter(HEADER_SIZE)
  writeHeader(writer, header)
  return writer.finish()
}

/** Writes the 80 bytes of `header`. */
export function writeHeader(writer: ByteWriter, header: BlockHeader): void {
  writer
    .i32(header.version)
    .hash(header.previousBlockHash)
    .hash(header.merkleRoot)
    .u32(header.time)
    .u32(header.bits)
    .u32(header.nonce)
}

/**
 * The hash that names a block: double SHA-256 of its header. Computed at every call.
 * @throws TypeError for what is no header, as a whole block.
 * @example
 * const hash = blockHash(genesisBlock(mainnet).header)
 * hashToHex(hash) // '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'
 */
export function blockHash(header: BlockHeader): BlockHash {
  requireArgument(aHeader, header, 'blockHash')
  return asBlockHash(sha256d(encodeHeader(header)))
}

/**
 * The {@link blockHash} of each of `headers`: hashed together, which is several times as fast, and those of
 * one message from the bytes that it came in.
 * @example
 * const { header } = genesisBlock(mainnet)
 * hashToHex(blockHashes([header])[0]!) // '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'
 */
export function blockHashes(headers: readonly BlockHeader[]): BlockHash[] {
  const { source, offset, stride } = placesOf(headers) ?? {
    source: written(headers),
    offset: 0,
    stride: HEADER_SIZE,
  }
  const hashes = sha256Backend().hashHeaders(source, offset, stride, headers.length)
  const { buffer } = hashes
  return headers.map((_, index) => new Uint8Array(buffer, index * HASH_SIZE, HASH_SIZE) as BlockHash)
}

function written(headers: readonly BlockHeader[]): Uint8Array {
  const writer = new ByteWriter(HEADER_SIZE * headers.length)
  for (const header of headers) writeHeader(writer, header)
  return writer.finish()
}
