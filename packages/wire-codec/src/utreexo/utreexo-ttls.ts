/**
 * `uttls` and `getuttls`: for how many blocks each output lives.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import type { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import { lazyFields } from '../primitives/lazy-fields.ts'
import { lazyList } from '../bytes/lazy-list.ts'
import type { Hash256 } from '../hash/hashes.ts'
import { MAX_UTREEXO_TREE_HASHES } from './utreexo-roots.ts'

/** Largest exponent of a request (utreexod: MaxUtreexoTTLExponent). */
export const MAX_UTREEXO_TTLS_EXPONENT = 5
/** Most blocks of a reply (utreexod: MaxUtreexoTTLsPerMsg). */
export const MAX_UTREEXO_TTLS: number = 2 ** MAX_UTREEXO_TTLS_EXPONENT
/** Most outputs of a block (utreexod: MaxUtreexoTTLSize). */
export const MAX_BLOCK_TTLS = 99_984

/** Height and count: what there is of the smallest block. */
const MIN_BLOCK_SIZE = 5
const TTL_SIZE = 8

/** A request for when the outputs of some blocks die. */
export interface UtreexoTtlsRequest {
  /** Height at which the commitment was made that the reply is proved against; not below `startHeight`. */
  readonly version: number
  readonly startHeight: number
  /** As many as 2 to this power blocks are wanted, at most 5. */
  readonly exponent: number
}

/**
 * When the outputs of one block die: where both are 0, not before the commitment's height. The draft of
 * BIP183 has a varint of blocks lived and one of a position in the forest; spoken are 32-bit numbers of the
 * block that spends and of the place among what it spends.
 */
export interface UtreexoBlockTtls {
  readonly height: number
  /** For each output that becomes a leaf, in the order of the block. */
  readonly deathHeights: Uint32Array
  readonly deathIndexes: Uint32Array
}

/** The lives of the outputs of some blocks, and the proof that they are committed to. */
export interface UtreexoTtls {
  readonly blocks: readonly UtreexoBlockTtls[]
  readonly proofHashes: readonly Hash256[]
}

/** Reads the payload of `getuttls`. */
export function readUtreexoTtlsRequest(reader: ByteReader): UtreexoTtlsRequest {
  const version = reader.u32()
  const offset = reader.offset
  const startHeight = reader.u32()
  if (startHeight > version) reader.fail('out-of-range', { value: startHeight, limit: version, offset })
  const exponent = reader.u8()
  if (exponent > MAX_UTREEXO_TTLS_EXPONENT) {
    reader.fail('out-of-range', { value: exponent, limit: MAX_UTREEXO_TTLS_EXPONENT, offset: offset + 4 })
  }
  return { version, startHeight, exponent }
}

/**
 * Writes the payload of `getuttls`. @throws RangeError for a start above the version, or an exponent above 5.
 */
export function writeUtreexoTtlsRequest(writer: ByteWriter, request: UtreexoTtlsRequest): void {
  const { version, startHeight, exponent } = request
  if (startHeight > version) throw new RangeError(`The start ${startHeight} is above the version ${version}`)
  if (exponent > MAX_UTREEXO_TTLS_EXPONENT) throw new RangeError(`Not an exponent: ${exponent}`)
  writer.u32(version).u32(startHeight).u8(exponent)
}

const withLists = /* @__PURE__ */ lazyFields({
  blocks: (lists: () => UtreexoTtls) => lists().blocks,
  proofHashes: (lists: () => UtreexoTtls) => lists().proofHashes,
})

/** Reads the payload of `uttls`. Its lists are made when one is first asked for. */
export function readUtreexoTtls(reader: ByteReader): UtreexoTtls {
  const lists = lazyList(reader, readLists)
  for (let left = reader.count(MAX_UTREEXO_TTLS, MIN_BLOCK_SIZE); left > 0; left--) {
    reader.skip(4)
    reader.skip(reader.count(MAX_BLOCK_TTLS, TTL_SIZE) * TTL_SIZE)
  }
  reader.skip(reader.count(MAX_UTREEXO_TREE_HASHES, 32) * 32)
  return withLists({}, lists)
}

/** What has been checked. */
function readLists(reader: ByteReader): UtreexoTtls {
  return {
    blocks: reader.list(reader.compactSize(), readBlockTtls),
    proofHashes: reader.list(reader.compactSize(), (next) => next.hash()),
  }
}

function readBlockTtls(reader: ByteReader): UtreexoBlockTtls {
  const height = reader.u32()
  const count = reader.compactSize()
  const deathHeights = new Uint32Array(count)
  const deathIndexes = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    deathHeights[i] = reader.u32()
    deathIndexes[i] = reader.u32()
  }
  return { height, deathHeights, deathIndexes }
}

/**
 * Writes the payload of `uttls`. @throws RangeError for a block whose two lists are not as long as each
 * other.
 */
export function writeUtreexoTtls(writer: ByteWriter, { blocks, proofHashes }: UtreexoTtls): void {
  writer.compactSize(blocks.length)
  for (const { height, deathHeights, deathIndexes } of blocks) {
    if (deathHeights.length !== deathIndexes.length)
      throw new RangeError(`${deathHeights.length} heights and ${deathIndexes.length} indexes`)
    writer.u32(height).compactSize(deathHeights.length)
    deathHeights.forEach((death, index) => {
      writer.u32(death).u32(deathIndexes[index]!)
    })
  }
  writer.compactSize(proofHashes.length)
  for (const hash of proofHashes) writer.hash(hash)
}
