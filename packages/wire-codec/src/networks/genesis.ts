import { hashFromHex } from '../bytes/hash-text.ts'
import type { BlockHash } from '../hash/hashes.ts'
import type { BlockHeader } from '../primitives/header.ts'

/**
 * Merkle root of the first block of every network before testnet4: the one with the headline of The Times.
 */
const HEADLINE_MERKLE_ROOT = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'

/** What differs from one first block to another. */
export interface GenesisFields {
  readonly time: number
  readonly bits: number
  readonly nonce: number
  readonly merkleRoot?: string
}

/** Header of a first block. */
export function genesisHeader({ merkleRoot = HEADLINE_MERKLE_ROOT, ...fields }: GenesisFields): BlockHeader {
  return {
    version: 1,
    previousBlockHash: new Uint8Array(32) as Uint8Array as BlockHash,
    merkleRoot: hashFromHex(merkleRoot),
    ...fields,
  }
}
