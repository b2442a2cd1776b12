/**
 * What a proof of inclusion consists of.
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { HASH_SIZE } from '@sapwood/wire-codec'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { HashRow, isEmpty } from './hash-list.ts'
import { fromTargets, type Places } from './places.ts'
import { forestRows } from './positions.ts'

/** A proof that some leaves are in the accumulator. */
export interface AccumulatorProof {
  /**
   * Where each leaf is, in the order of the leaves, in either form of the wire (see `fromTarget`): the
   * positions of a forest of 63 rows, or the older compact ones.
   */
  readonly targets: ArrayLike<bigint>
  /**
   * The hashes that cannot be computed from the leaves, rising by position; 32 bytes each. As a list, or as
   * bytes one behind the other, which costs no object for each.
   */
  readonly hashes: readonly Uint8Array[] | Uint8Array
}

/** A proof that is one by its form. */
export interface ProofForm {
  readonly places: Places
  readonly leafHashes: HashRow
  /** The hashes of the proof, and how many they are. */
  readonly siblings: HashRow
  readonly siblingCount: number
}

/**
 * The places of a proof's targets, after every check that needs no hashing: counts, lengths, empty hashes,
 * places that there are. The work is bounded by the length of the proof.
 * @throws UtreexoError
 */
export function checkProofForm(
  leaves: number,
  { targets, hashes }: AccumulatorProof,
  leafHashes: readonly Uint8Array[],
): ProofForm {
  if (targets.length !== leafHashes.length)
    throw new UtreexoError('target-count', { expected: leafHashes.length, received: targets.length })
  const most = targets.length * forestRows(leaves)
  const siblingCount = countOf(hashes)
  if (siblingCount > most)
    throw new UtreexoError('proof-too-long', { expected: most, received: siblingCount })
  return {
    leafHashes: checkedRow(leafHashes),
    siblings: hashes instanceof Uint8Array ? checkedCopy(hashes) : checkedRow(hashes),
    siblingCount,
    places: fromTargets(targets, leaves),
  }
}

function countOf(hashes: AccumulatorProof['hashes']): number {
  if (!(hashes instanceof Uint8Array)) return hashes.length
  const rest = hashes.length % HASH_SIZE
  if (rest !== 0)
    throw new UtreexoError('hash-length', { index: (hashes.length - rest) / HASH_SIZE, received: rest })
  return hashes.length / HASH_SIZE
}

/** Hashes that stand one behind the other already. */
function checkedCopy(bytes: Uint8Array): HashRow {
  const count = bytes.length / HASH_SIZE
  const row = new HashRow(count)
  row.bytes.set(bytes)
  for (let index = 0; index < count; index++)
    if (row.isEmpty(index)) throw new UtreexoError('empty-hash', { index })
  return row
}

/** Hashes that are fetched from memory before they are copied. */
const READ_AHEAD = 128

/**
 * Hashes of a list, one behind the other.
 * @throws UtreexoError `hash-length`, `empty-hash`.
 */
export function checkedRow(list: readonly Uint8Array[]): HashRow {
  const row = new HashRow(list.length)
  for (let first = 0; first < list.length; first += READ_AHEAD) {
    const end = Math.min(first + READ_AHEAD, list.length)
    // Wherever they lie: a loop that does no more has the processor wait for many of them at once.
    for (let index = first; index < end; index++) row.bytes[index * HASH_SIZE] = list[index]![0]!
    for (let index = first; index < end; index++) {
      const hash = list[index]!
      if (hash.length !== HASH_SIZE) throw new UtreexoError('hash-length', { index, received: hash.length })
      row.put(index, hash)
      if (row.isEmpty(index)) throw new UtreexoError('empty-hash', { index })
    }
  }
  return row
}

/** @throws UtreexoError `hash-length`, `empty-hash`. */
export function checkHash(hash: Uint8Array, index?: number): void {
  if (hash.length !== HASH_SIZE) throw new UtreexoError('hash-length', { index, received: hash.length })
  if (isEmpty(hash)) throw new UtreexoError('empty-hash', { index })
}
