import { aText } from '../arguments/argument-check.ts'
import { requireArgument, requireBytes } from '../arguments/require-argument.ts'
import { bytesToHex, hexToBytes } from './hex.ts'
import {
  asBlockHash,
  asTxid,
  asWtxid,
  type BlockHash,
  type Hash256,
  type Txid,
  type Wtxid,
} from '../hash/hashes.ts'

/** The text form that people read: hex of the reversed bytes, 64 characters. */
export function hashToHex(hash: Hash256): string {
  requireBytes(hash, 'hashToHex')
  return bytesToHex(Uint8Array.from(hash).reverse())
}

/**
 * A hash from its text form (64 hex characters, reversed bytes).
 * @throws SyntaxError when it is not that; TypeError for what is no text.
 */
export function hashFromHex(hex: string): Hash256 {
  requireArgument(aText, hex, 'hashFromHex')
  if (hex.length !== 64) throw new SyntaxError(`A hash is 64 hex characters, not ${hex.length}`)
  return hexToBytes(hex).reverse()
}

/** See {@link hashFromHex}. */
export function blockHashFromHex(hex: string): BlockHash {
  return asBlockHash(hashFromHex(hex))
}

/** See {@link hashFromHex}. */
export function txidFromHex(hex: string): Txid {
  return asTxid(hashFromHex(hex))
}

/** See {@link hashFromHex}. */
export function wtxidFromHex(hex: string): Wtxid {
  return asWtxid(hashFromHex(hex))
}
