import { HASH_SIZE, packedProofHashes, type UtreexoProof } from '@sapwood/wire-codec'

/** Bytes of the hashes of a proof. No list is made of them. */
export function hashesSize(proof: UtreexoProof): number {
  return packedProofHashes(proof)?.length ?? proof.proofHashes.length * HASH_SIZE
}
