import { bitmapIndexes, type Bitmap, type UtreexoProof, type UtreexoProofRequest } from '@sapwood/wire-codec'

/**
 * The parts of `proof` that a `getuproof` asks for: a part whole where its bit of the mask is set, else those of it whose bit is set in its
 * bitmap; bits beyond the end of a part mean nothing. Targets have no bitmap. (utreexod 0.6 sends the hashes for the bit of the leaves,
 * and has no use for that of the hashes: a slip of its own.)
 */
export function selectProof(proof: UtreexoProof, request: UtreexoProofRequest): UtreexoProof {
  return {
    blockHash: proof.blockHash,
    targets: request.withTargets ? proof.targets : new BigUint64Array(0),
    proofHashes: request.withProofHashes ? proof.proofHashes : chosen(proof.proofHashes, request.proofBitmap),
    leafData: request.withLeafData ? proof.leafData : chosen(proof.leafData, request.leafBitmap),
  }
}

/** Whether a request is for all that there is. */
export function wantsWholeProof({
  withTargets,
  withProofHashes,
  withLeafData,
}: UtreexoProofRequest): boolean {
  return withTargets && withProofHashes && withLeafData
}

function chosen<T>(list: readonly T[], bitmap: Bitmap): T[] {
  return Array.from(bitmapIndexes(bitmap, Math.min(list.length, bitmap.length * 8)), (index) => list[index]!)
}
