import type { Hash256, UtreexoProof } from '@sapwood/wire-codec'

/** A way in which a bridge can lie. */
export interface BentProof {
  /** What is wrong with it, to be read after `with`. */
  readonly name: string
  /** What is sent instead. One without the part that it bends stays as it is, and is good. */
  readonly bend: (proof: UtreexoProof) => UtreexoProof
}

const EVERY_BIT = 0xffff_ffff_ffff_ffffn

/** Above every block that a test has. */
const HIGH = 0x7fff_fff0

const flipped = (hash: Hash256): Hash256 => hash.map((byte, index) => (index === 0 ? byte ^ 1 : byte))
const eachLeaf =
  (change: Partial<UtreexoProof['leafData'][number]>): BentProof['bend'] =>
  (proof) => ({ ...proof, leafData: proof.leafData.map((leaf) => ({ ...leaf, ...change })) })

/**
 * Proofs that do not prove what they say, one for each field and each way to bend it: for tests of whoever
 * is sent them.
 */
export const bentProofs: readonly BentProof[] = [
  { name: 'no leaves', bend: (proof) => ({ ...proof, leafData: [] }) },
  {
    name: 'one leaf too many',
    bend: (proof) => ({ ...proof, leafData: [...proof.leafData, ...proof.leafData.slice(0, 1)] }),
  },
  { name: 'no targets', bend: (proof) => ({ ...proof, targets: new BigUint64Array(0) }) },
  {
    name: 'nothing at all',
    bend: (proof) => ({ ...proof, leafData: [], targets: new BigUint64Array(0), proofHashes: [] }),
  },
  { name: 'another amount', bend: eachLeaf({ amount: 1n }) },
  { name: 'another height', bend: eachLeaf({ height: 1 }) },
  { name: 'a height that is above the block', bend: eachLeaf({ height: HIGH }) },
  {
    name: 'the mark of a coinbase turned',
    bend: (proof) => ({
      ...proof,
      leafData: proof.leafData.map((leaf) => ({ ...leaf, coinbase: !leaf.coinbase })),
    }),
  },
  {
    name: 'another script',
    bend: eachLeaf({ script: { type: 'other', scriptPubKey: Uint8Array.of(0x51, 0x51) } }),
  },
  { name: 'a script that the input does not show', bend: eachLeaf({ script: { type: 'p2wsh' } }) },
  {
    name: 'a wrong hash',
    bend: (proof) => ({ ...proof, proofHashes: proof.proofHashes.map(flipped) }),
  },
  { name: 'one hash too few', bend: (proof) => ({ ...proof, proofHashes: proof.proofHashes.slice(1) }) },
  {
    name: 'one hash too many',
    bend: (proof) => ({ ...proof, proofHashes: [...proof.proofHashes, new Uint8Array(32).fill(7)] }),
  },
  {
    name: 'an empty hash',
    bend: (proof) => ({ ...proof, proofHashes: proof.proofHashes.map(() => new Uint8Array(32)) }),
  },
  {
    name: 'a target beyond all trees',
    bend: (proof) => ({ ...proof, targets: proof.targets.map(() => EVERY_BIT) }),
  },
  {
    name: 'other targets',
    bend: (proof) => ({ ...proof, targets: proof.targets.map((target) => target ^ 1n) }),
  },
]
