/**
 * Golomb-coded sets (BIP158).
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { bytesToHex } from '../bytes/hex.ts'
import { rangedHashes } from '../hash/ranged-hash.ts'
import type { SipKey } from '../crypto/hash-items.ts'
import { BitWriter } from './bit-stream.ts'
import { FILTER_REMAINDER_BITS, MIN_CODE_BITS, readCodes, REMAINDER } from './golomb-codes.ts'

/** One over the false positive rate of the basic filter (BIP158: M). */
export const FILTER_INVERSE_RATE = 784_931

/**
 * What a code takes on average at most: the quotients of a set add up to less than 1.5 for each item,
 * so 21.5 bits.
 */
const MAX_CODE_BYTES = 3

/**
 * The set of `items`, each counted once, as bytes (BIP158): their number,
 * then the sorted hashes' differences.
 */
export function encodeGolombSet(key: SipKey, items: Iterable<Uint8Array>): Uint8Array {
  const unique = new Map<string, Uint8Array>()
  for (const item of items) unique.set(bytesToHex(item), item)
  const values = sortedHashes(key, [...unique.values()])
  const writer = new BitWriter(unique.size * MAX_CODE_BYTES)
  let last = 0
  for (const value of values) {
    const difference = value - last
    writer.unary(Math.floor(difference / REMAINDER))
    writer.bits(difference % REMAINDER, FILTER_REMAINDER_BITS)
    last = value
  }
  return concatBytes(new ByteWriter().compactSize(unique.size).finish(), writer.finish())
}

/**
 * The sorted hashes of a set from its bytes, 8 bytes of memory for each.
 * @throws DecodeError when there are fewer codes than it says, or bytes after them.
 */
export function decodeGolombSet(bytes: Uint8Array): Float64Array {
  const reader = new ByteReader(bytes)
  const count = reader.compactSize()
  if (count * MIN_CODE_BITS > 8 * reader.remaining) {
    reader.fail('truncated', { value: Math.ceil((count * MIN_CODE_BITS) / 8), limit: reader.remaining })
  }
  const values = new Float64Array(count)
  const bits = readCodes(bytes, 8 * reader.offset, values)
  if (bits.isPastEnd) reader.fail('truncated')
  if (bits.bytesLeft > 0) reader.fail('trailing-bytes', { value: bits.bytesLeft, limit: 0 })
  return values
}

function sortedHashes(key: SipKey, items: readonly Uint8Array[]): Float64Array {
  const all = new Float64Array(items.length)
  let at = 0
  for (const hashes of rangedHashes(key, setRange(items.length), items)) {
    all.set(hashes, at)
    at += hashes.length
  }
  return all.sort()
}

/** What the hashes of the items of a set of `count` are below: as many times M. */
export function setRange(count: number): number {
  return count * FILTER_INVERSE_RATE
}
