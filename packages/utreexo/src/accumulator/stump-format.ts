/** A {@link Stump} as text, and as bytes in the two layouts of the field. */
import { HASH_SIZE, ByteReader, ByteWriter, bytesToHex, hexToBytes, isDecodeError } from '@sapwood/wire-codec'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { emptyHash, isEmpty } from './hash-list.ts'
import { rootRows } from './positions.ts'
import { Stump } from './stump.ts'

/**
 * Who writes it so. Both: leaves, then the number of roots, each 8 bytes, little-endian; then the roots,
 * the largest tree first.
 * - `go` (utreexo's `Stump.Serialize`): 32 bytes each, zeros for an emptied tree.
 * - `rustreexo`: a byte, 0 for an emptied tree with nothing after it, 2 before the 32 bytes of a root.
 */
export type StumpLayout = 'go' | 'rustreexo'

const EMPTY_TAG = 0
const HASH_TAG = 2

/** `stump` as bytes. */
export function encodeStump(stump: Stump, layout: StumpLayout): Uint8Array {
  const writer = new ByteWriter()
  writer.u64(BigInt(stump.leaves)).u64(BigInt(stump.roots.length))
  for (const root of stump.roots) {
    if (layout === 'go') writer.bytes(root)
    else if (isEmpty(root)) writer.u8(EMPTY_TAG)
    else writer.u8(HASH_TAG).bytes(root)
  }
  return writer.finish()
}

/**
 * Reads what `encodeStump` or the named program wrote; all of the bytes have to be used.
 * @throws UtreexoError `invalid-stump`
 */
export function decodeStump(bytes: Uint8Array, layout: StumpLayout): Stump {
  try {
    const reader = new ByteReader(bytes)
    const leaves = Number(reader.u64())
    const count = reader.u64()
    const expected = Number.isSafeInteger(leaves) ? rootRows(leaves).length : 0
    if (count !== BigInt(expected)) throw new UtreexoError('invalid-stump', { expected, received: count })
    const roots = Array.from({ length: expected }, () => readRoot(reader, layout))
    if (reader.remaining !== 0) throw new UtreexoError('invalid-stump', { received: bytes.length })
    return new Stump(leaves, roots)
  } catch (error) {
    if (isDecodeError(error))
      throw new UtreexoError('invalid-stump', { received: bytes.length, cause: error })
    throw error
  }
}

function readRoot(reader: ByteReader, layout: StumpLayout): Uint8Array {
  if (layout === 'go') return reader.view(HASH_SIZE)
  const tag = reader.u8()
  if (tag === EMPTY_TAG) return emptyHash()
  if (tag !== HASH_TAG) throw new UtreexoError('invalid-stump', { expected: HASH_TAG, received: tag })
  return reader.view(HASH_SIZE)
}

/**
 * `stump` as a line of text: the number of leaves, a colon, and the roots in hex,
 * the largest tree first, with commas between.
 * @example
 * formatStump(parseStump('0:')) // '0:'
 */
export function formatStump(stump: Stump): string {
  return `${stump.leaves}:${stump.roots.map(bytesToHex).join(',')}`
}

const TEXT = /^(0|[1-9]\d{0,15}):((?:[0-9a-f]{64}(?:,|$))*)$/

/** Reads what `formatStump` wrote. @throws UtreexoError `invalid-stump` */
export function parseStump(text: string): Stump {
  const [, leaves, roots] = TEXT.exec(text) ?? []
  if (leaves === undefined || roots?.endsWith(',') !== false) throw new UtreexoError('invalid-stump')
  return new Stump(Number(leaves), roots === '' ? [] : roots.split(',').map(hexToBytes))
}
