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

/**
 * The text form that people read: hex of the reversed bytes, 64 characters.
 * @example
 * hashToHex(mainnet.genesisHash) // '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'
 */
export function hashToHex(hash: Hash256): string {
  requireBytes(hash, 'hashToHex')
  return bytesToHex(Uint8Array.from(hash).reverse())
}

/**
 * A hash from its text form (64 hex characters, reversed bytes).
 * @throws SyntaxError when it is not that; TypeError for what is no text.
 * @example
 * const hash = hashFromHex('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b')
 * hash[0] // 59
 */
export function hashFromHex(hex: string): Hash256 {
  requireArgument(aText, hex, 'hashFromHex')
  if (hex.length !== 64) throw new SyntaxError(`A hash is 64 hex characters, not ${hex.length}`)
  return hexToBytes(hex).reverse()
}

/**
 * See {@link hashFromHex}.
 * @example
 * const hash = blockHashFromHex('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
 * bytesEqual(hash, mainnet.genesisHash) // true
 */
export function blockHashFromHex(hex: string): BlockHash {
  return asBlockHash(hashFromHex(hex))
}

/**
 * See {@link hashFromHex}.
 * @example
 * txidFromHex('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b').length // 32
 */
export function txidFromHex(hex: string): Txid {
  return asTxid(hashFromHex(hex))
}

/** See {@link hashFromHex}. */
export function wtxidFromHex(hex: string): Wtxid {
  return asWtxid(hashFromHex(hex))
}
