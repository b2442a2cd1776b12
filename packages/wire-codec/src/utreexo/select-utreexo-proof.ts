import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { HASH_SIZE } from '../hash/hashes.ts'
import { type Bitmap, bitmapHas, bitmapIndexes } from './bitmap.ts'
import { skipLeafData } from './leaf-data.ts'
import type { UtreexoProofRequest } from './utreexo-proof.ts'

/** Which entries of a list are wanted. */
type Wanted = 'all' | Bitmap

/**
 * The parts of a proof that a `getuproof` asks for: a part whole where its bit of the mask is set, else
 * those of it whose bit is set in its bitmap; bits beyond the end of a part mean nothing, and targets have no
 * bitmap. (utreexod 0.6 sends the hashes for the bit of the leaves, and has no use for that of the hashes: a
 * slip of its own.) Nothing is decoded, and what is not wanted is passed over: a request of 35 bytes may be
 * for a proof of a megabyte.
 * @param payload A whole `uproof`.
 * @returns the payload of the `uproof` that answers; `payload` itself where all is wanted.
 * @throws DecodeError where `payload` is seen to be none.
 */
export function selectUtreexoProof(payload: Uint8Array, request: UtreexoProofRequest): Uint8Array {
  const { withTargets, withProofHashes, withLeafData, proofBitmap, leafBitmap } = request
  if (withTargets && withProofHashes && withLeafData) return payload
  const reader = new ByteReader(payload)
  reader.skip(HASH_SIZE)
  const hashes = selectHashes(reader, payload, withProofHashes ? 'all' : proofBitmap)
  const wantedLeaves = withLeafData ? 'all' : leafBitmap
  // Only what is walked over shows where it ends.
  const targets = withTargets || hasBits(wantedLeaves) ? selectTargets(reader, payload, withTargets) : NONE
  const leaves = hasBits(wantedLeaves) ? selectLeaves(reader, payload, wantedLeaves) : NONE
  return concatBytes(payload.subarray(0, HASH_SIZE), hashes, targets, leaves)
}

/** A list without entries. */
const NONE: Uint8Array = /* @__PURE__ */ new Uint8Array(1)

function hasBits(wanted: Wanted): boolean {
  return wanted === 'all' || wanted.some((byte) => byte !== 0)
}

function selectHashes(reader: ByteReader, payload: Uint8Array, wanted: Wanted): Uint8Array {
  const start = reader.offset
  const count = reader.compactSize()
  const first = reader.offset
  reader.skip(count * HASH_SIZE)
  if (wanted === 'all') return payload.subarray(start, reader.offset)
  const chosen: Uint8Array[] = []
  for (const index of bitmapIndexes(wanted, Math.min(count, 8 * wanted.length)))
    chosen.push(payload.subarray(first + index * HASH_SIZE, first + (index + 1) * HASH_SIZE))
  return listOf(chosen)
}

function selectTargets(reader: ByteReader, payload: Uint8Array, wanted: boolean): Uint8Array {
  const start = reader.offset
  for (let left = reader.compactSize(); left > 0; left--) reader.skipCompactSize64()
  return wanted ? payload.subarray(start, reader.offset) : NONE
}

/** They come last. */
function selectLeaves(reader: ByteReader, payload: Uint8Array, wanted: Wanted): Uint8Array {
  if (wanted === 'all') return payload.subarray(reader.offset)
  const count = Math.min(reader.compactSize(), 8 * wanted.length)
  const chosen: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    const at = reader.offset
    skipLeafData(reader)
    if (bitmapHas(wanted, index)) chosen.push(payload.subarray(at, reader.offset))
  }
  return listOf(chosen)
}

function listOf(entries: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter().compactSize(entries.length)
  for (const entry of entries) writer.bytes(entry)
  return writer.finish()
}
