/**
 * What a proof of inclusion consists of.
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { HASH_SIZE } from '@sapwood/wire-codec'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { HashRow, isEmpty } from './hash-list.ts'
import { forestRows, fromTarget, type Position } from './positions.ts'

/** A proof that some leaves are in the accumulator. */
export interface AccumulatorProof {
  /**
   * Where each leaf is, in the order of the leaves, in either form of the wire (see `fromTarget`): the
   * positions of a forest of 63 rows, or the older compact ones.
   */
  readonly targets: ArrayLike<bigint>
  /** The hashes that cannot be computed from the leaves, rising by position; 32 bytes each. */
  readonly hashes: readonly Uint8Array[]
}

/** A proof that is one by its form. */
export interface ProofForm {
  readonly positions: readonly Position[]
  readonly leafHashes: HashRow
  /** The hashes of the proof. */
  readonly siblings: HashRow
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
  if (hashes.length > most)
    throw new UtreexoError('proof-too-long', { expected: most, received: hashes.length })
  const checked = { leafHashes: checkedRow(leafHashes), siblings: checkedRow(hashes) }
  const positions = new Array<Position>(targets.length)
  for (let i = 0; i < targets.length; i++) positions[i] = fromTarget(targets[i]!, leaves, i)
  return { positions, ...checked }
}

/** Hashes of a list, one behind the other: each is looked at once, wherever in memory it lies. */
function checkedRow(list: readonly Uint8Array[]): HashRow {
  const row = new HashRow(list.length)
  for (let index = 0; index < list.length; index++) {
    const hash = list[index]!
    if (hash.length !== HASH_SIZE) throw new UtreexoError('hash-length', { index, received: hash.length })
    row.put(index, hash)
    if (row.isEmpty(index)) throw new UtreexoError('empty-hash', { index })
  }
  return row
}

/** @throws UtreexoError `hash-length`, `empty-hash`. */
export function checkHash(hash: Uint8Array, index?: number): void {
  if (hash.length !== HASH_SIZE) throw new UtreexoError('hash-length', { index, received: hash.length })
  if (isEmpty(hash)) throw new UtreexoError('empty-hash', { index })
}
