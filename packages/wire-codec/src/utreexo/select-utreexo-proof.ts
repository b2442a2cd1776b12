import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { HASH_SIZE } from '../hash/hashes.ts'
import { type Bitmap, bitmapHas } from './bitmap.ts'
import { skipLeafData } from './leaf-data.ts'
import type { UtreexoProofRequest } from './utreexo-proof.ts'

/** Which entries of a list are wanted. */
type Wanted = 'all' | Bitmap

/**
 * The parts of a proof that a `getuproof` asks for: a part whole where its bit of the mask is set, else
 * those of it whose bit is set in its bitmap; bits beyond the end of a part mean nothing, and targets have no
 * bitmap. (utreexod 0.6 sends the hashes for the bit of the leaves, and has no use for that of the hashes: a
 * slip of its own.) Nothing is decoded: a request of 35 bytes may be for a proof of a megabyte.
 * @param payload A whole `uproof`.
 * @returns the payload of the `uproof` that answers; `payload` itself where all is wanted.
 * @throws DecodeError where `payload` is none.
 */
export function selectUtreexoProof(payload: Uint8Array, request: UtreexoProofRequest): Uint8Array {
  const { withTargets, withProofHashes, withLeafData, proofBitmap, leafBitmap } = request
  if (withTargets && withProofHashes && withLeafData) return payload
  const reader = new ByteReader(payload)
  reader.skip(HASH_SIZE)
  return concatBytes(
    payload.subarray(0, HASH_SIZE),
    select(reader, payload, withProofHashes ? 'all' : proofBitmap, () => reader.skip(HASH_SIZE)),
    select(reader, payload, withTargets ? 'all' : new Uint8Array(0), () => reader.skipCompactSize64()),
    select(reader, payload, withLeafData ? 'all' : leafBitmap, () => skipLeafData(reader)),
  )
}

/** Reads a list to its end. @returns the list of those that are wanted. */
function select(reader: ByteReader, payload: Uint8Array, wanted: Wanted, skipEntry: () => void): Uint8Array {
  const start = reader.offset
  const count = reader.compactSize()
  const chosen = new ByteWriter()
  let entries = 0
  for (let index = 0; index < count; index++) {
    const at = reader.offset
    skipEntry()
    if (wanted === 'all' || !bitmapHas(wanted, index)) continue
    chosen.bytes(payload.subarray(at, reader.offset))
    entries++
  }
  if (wanted === 'all') return payload.subarray(start, reader.offset)
  return concatBytes(new ByteWriter(5).compactSize(entries).finish(), chosen.finish())
}
