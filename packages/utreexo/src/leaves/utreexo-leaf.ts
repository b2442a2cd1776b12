/**
 * What an unspent output is in the accumulator.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * @module
 */

import { type BlockHash, ByteWriter, type OutPoint } from '@sapwood/wire-codec'
import { hashes } from '../crypto/hash-backend.ts'

/** An unspent output as the accumulator holds it (BIP182). */
export interface UtreexoLeaf {
  /** Block that made the output. */
  readonly blockHash: BlockHash
  readonly outPoint: OutPoint
  /** Height of that block, 31 bits. */
  readonly height: number
  /** Whether the output is of a coinbase. */
  readonly coinbase: boolean
  /** Satoshi. */
  readonly amount: bigint
  readonly scriptPubKey: Uint8Array
}

/**
 * The hash of a leaf (BIP182): SHA-512/256 of the tag twice, block hash, txid, index, header code (height
 * doubled, plus 1 for a coinbase), amount, and the script with its size; numbers little-endian. 32 bytes.
 */
export function leafHash(leaf: UtreexoLeaf): Uint8Array {
  const { blockHash, outPoint, height, coinbase, amount, scriptPubKey } = leaf
  const writer = new ByteWriter(85 + scriptPubKey.length)
  writer
    .hash(blockHash)
    .hash(outPoint.txid)
    .u32(outPoint.index)
    .u32(height * 2 + Number(coinbase))
    // An output's amount may be anything: one that is no amount of money still has to become a hash.
    .u64(BigInt.asUintN(64, amount))
    .varBytes(scriptPubKey)
  return hashes().hashLeaf(writer.finish())
}
