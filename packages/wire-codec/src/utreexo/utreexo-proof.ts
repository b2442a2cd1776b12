/**
 * `uproof` and `getuproof`: the proof of a block, whole or in part.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import { given, lazyFields } from '../primitives/lazy-fields.ts'
import { lazyList } from '../bytes/lazy-list.ts'
import type { BlockHash, Hash256 } from '../hash/hashes.ts'
import type { Bitmap } from './bitmap.ts'
import { type LeafData, MIN_LEAF_SIZE, readLeafData, skipLeafData, writeLeafData } from './leaf-data.ts'

/**
 * Most inputs that a block can have: 4,000,000 weight units over the 164 of the smallest input (Floresta:
 * block_proof.rs).
 */
export const MAX_UTREEXO_TARGETS = 24_386
/**
 * Most hashes of a proof: in a forest of 51 rows each target needs one in each, but in the uppermost 15,
 * which together have no more than 2^15 nodes (utreexod: MaxUtreexoProofSize).
 */
export const MAX_UTREEXO_HASHES: number = (51 - 15) * MAX_UTREEXO_TARGETS + (2 ** 15 - MAX_UTREEXO_TARGETS)
/**
 * Most bytes of a `uproof`: what the contents of the longest packet of BIP324 hold behind a command that is
 * written out.
 */
export const MAX_UTREEXO_PROOF_SIZE: number = 0xff_ffff - 13

const MAX_LEAF_BITMAP_SIZE = Math.ceil(MAX_UTREEXO_TARGETS / 8)
const MAX_PROOF_BITMAP_SIZE = Math.ceil(MAX_UTREEXO_HASHES / 8)

const WITH_TARGETS = 1
const WITH_PROOF_HASHES = 2
const WITH_LEAF_DATA = 4

/**
 * A request for the proof of a block's inputs. The draft of BIP183 has a flag for all where utreexod and
 * Floresta have a mask; utreexod 0.6 sends the hashes where the leaves are asked for, and never looks at the
 * mask's bit for them.
 */
export interface UtreexoProofRequest {
  readonly blockHash: BlockHash
  readonly withTargets: boolean
  readonly withProofHashes: boolean
  readonly withLeafData: boolean
  /** Which hashes of the proof are wanted, where `withProofHashes` does not ask for all; empty for none. */
  readonly proofBitmap: Bitmap
  /** Which leaves are wanted, where `withLeafData` does not ask for all; empty for none. */
  readonly leafBitmap: Bitmap
}

/** The proof that the outputs which a block spends are in the accumulator. */
export interface UtreexoProof {
  readonly blockHash: BlockHash
  readonly proofHashes: readonly Hash256[]
  /** Positions of the spent leaves in the forest. */
  readonly targets: BigUint64Array
  readonly leafData: readonly LeafData[]
}

/** Reads the payload of `getuproof`. Unknown bits of the mask are ignored. */
export function readUtreexoProofRequest(reader: ByteReader): UtreexoProofRequest {
  const blockHash = reader.blockHash()
  const mask = reader.u8()
  return {
    blockHash,
    withTargets: (mask & WITH_TARGETS) !== 0,
    withProofHashes: (mask & WITH_PROOF_HASHES) !== 0,
    withLeafData: (mask & WITH_LEAF_DATA) !== 0,
    proofBitmap: reader.varBytes(MAX_PROOF_BITMAP_SIZE),
    leafBitmap: reader.varBytes(MAX_LEAF_BITMAP_SIZE),
  }
}

/** Writes the payload of `getuproof`. */
export function writeUtreexoProofRequest(writer: ByteWriter, request: UtreexoProofRequest): void {
  const mask =
    (request.withTargets ? WITH_TARGETS : 0) |
    (request.withProofHashes ? WITH_PROOF_HASHES : 0) |
    (request.withLeafData ? WITH_LEAF_DATA : 0)
  writer.hash(request.blockHash).u8(mask).varBytes(request.proofBitmap).varBytes(request.leafBitmap)
}

interface ProofLists {
  readonly lists: () => Pick<UtreexoProof, 'targets' | 'leafData'>
  readonly hashes: () => UtreexoProof['proofHashes']
}

const withLists = /* @__PURE__ */ lazyFields({
  targets: ({ lists }: ProofLists) => lists().targets,
  leafData: ({ lists }: ProofLists) => lists().leafData,
  proofHashes: ({ hashes }: ProofLists) => hashes(),
})
const withHashes = /* @__PURE__ */ lazyFields({ proofHashes: given<UtreexoProof['proofHashes']> })

/**
 * Reads the payload of `uproof`. Its lists, which take more memory than their bytes, are made when one is
 * first asked for.
 */
export function readUtreexoProof(reader: ByteReader): UtreexoProof {
  const blockHash = reader.blockHash()
  const lists = lazyList(reader, readLists)
  const hashes = reader.view(reader.count(MAX_UTREEXO_HASHES, 32) * 32)
  for (let left = reader.count(MAX_UTREEXO_TARGETS, 1); left > 0; left--) reader.skipCompactSize64()
  for (let left = reader.count(MAX_UTREEXO_TARGETS, MIN_LEAF_SIZE); left > 0; left--) skipLeafData(reader)
  const proof = withLists({ blockHash }, { lists, hashes: listOf(hashes) })
  packedHashes.set(proof, hashes)
  return proof
}

/** Of proofs whose hashes stand one behind the other, the bytes of these. */
const packedHashes = new WeakMap<object, Uint8Array>()

/**
 * A proof whose hashes are given one behind the other, 32 bytes each; its list of them is made when it is
 * first asked for. The bytes must not be changed afterwards.
 * @throws RangeError for bytes that are no whole number of hashes.
 */
export function withPackedHashes(hashes: Uint8Array, rest: Omit<UtreexoProof, 'proofHashes'>): UtreexoProof {
  if (hashes.length % 32 !== 0) throw new RangeError(`Not a number of hashes: ${hashes.length} bytes`)
  const proof = withHashes(rest, listOf(hashes))
  packedHashes.set(proof, hashes)
  return proof
}

function listOf(hashes: Uint8Array): () => UtreexoProof['proofHashes'] {
  return lazyList(new ByteReader(hashes), (reader) => reader.list(hashes.length / 32, (next) => next.hash()))
}

/**
 * The hashes of a proof one behind the other, 32 bytes each: without an object for each of them, which takes
 * longer to make than to hash. Undefined where only the list is there: for a proof that a program put
 * together, a changed copy of one that was read included.
 */
export function packedProofHashes(proof: Pick<UtreexoProof, 'proofHashes'>): Uint8Array | undefined {
  return packedHashes.get(proof)
}

/** What has been checked. */
function readLists(reader: ByteReader): Omit<UtreexoProof, 'blockHash' | 'proofHashes'> {
  reader.skip(reader.compactSize() * 32)
  return {
    targets: readTargets(reader, reader.compactSize()),
    leafData: reader.list(reader.compactSize(), readLeafData),
  }
}

/** Reads `count` positions, which have been checked. */
export function readTargets(reader: ByteReader, count: number): BigUint64Array {
  const targets = new BigUint64Array(count)
  for (let i = 0; i < count; i++) targets[i] = reader.compactSize64()
  return targets
}

/** Writes the payload of `uproof`. */
export function writeUtreexoProof(writer: ByteWriter, proof: UtreexoProof): void {
  const packed = packedProofHashes(proof)
  writer
    .hash(proof.blockHash)
    .compactSize(packed === undefined ? proof.proofHashes.length : packed.length / 32)
  if (packed !== undefined) writer.bytes(packed)
  else for (const hash of proof.proofHashes) writer.hash(hash)
  writer.compactSize(proof.targets.length)
  for (const target of proof.targets) writer.compactSize(target)
  writer.compactSize(proof.leafData.length)
  for (const leaf of proof.leafData) writeLeafData(writer, leaf)
}
