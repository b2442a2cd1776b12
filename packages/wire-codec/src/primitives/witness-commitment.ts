/**
 * The commitment to a block's witnesses (BIP141).
 * https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
 * @module
 */

import { bytesEqual, concatBytes } from '../bytes/bytes-equal.ts'
import type { Hash256 } from '../hash/hashes.ts'
import { sha256d } from '../crypto/backend-in-force.ts'
import type { Block } from './block.ts'
import { witnessMerkleRoot } from './merkle-root.ts'
import { hasWitness } from './transaction-encoder.ts'

/** OP_RETURN, push of 36 bytes, and the tag that starts a commitment (BIP141). */
const COMMITMENT_PREFIX = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)
/** Least bytes of an output script that commits (`MINIMUM_WITNESS_COMMITMENT`, validation.h). */
const MIN_COMMITMENT_SIZE = 38

/**
 * What a block says of its witnesses:
 * `valid` the commitment is there and right, `absent` there is none and no transaction has a witness,
 * `missing` there is none though some transaction has a witness, `bad-reserved-value` the coinbase's witness
 * is not one item of 32 bytes, `mismatch` the commitment is to something else.
 */
export type WitnessCommitmentResult = 'valid' | 'absent' | 'missing' | 'bad-reserved-value' | 'mismatch'

/**
 * The commitment in the coinbase of `block` (BIP141), a view; undefined when there is none.
 * The last output that has the form counts.
 */
export function witnessCommitment(block: Block): Hash256 | undefined {
  const outputs = block.transactions[0]?.outputs ?? []
  for (let i = outputs.length - 1; i >= 0; i--) {
    const script = outputs[i]!.scriptPubKey
    if (script.length >= MIN_COMMITMENT_SIZE && bytesEqual(script.subarray(0, 6), COMMITMENT_PREFIX)) {
      return script.subarray(6, 38)
    }
  }
  return undefined
}

/**
 * Compares the witness commitment of `block` with its witnesses (BIP141). Anything but `valid` and `absent`
 * makes the block invalid where SegWit is active.
 * @example
 * checkWitnessCommitment(genesisBlock(mainnet)) // 'absent'
 */
export function checkWitnessCommitment(block: Block): WitnessCommitmentResult {
  const commitment = witnessCommitment(block)
  if (commitment === undefined) return block.transactions.some(hasWitness) ? 'missing' : 'absent'
  const witness = block.transactions[0]?.inputs[0]?.witness ?? []
  const reserved = witness[0]
  if (witness.length !== 1 || reserved?.length !== 32) return 'bad-reserved-value'
  const { root } = witnessMerkleRoot(block)
  return bytesEqual(sha256d(concatBytes(root, reserved)), commitment) ? 'valid' : 'mismatch'
}
