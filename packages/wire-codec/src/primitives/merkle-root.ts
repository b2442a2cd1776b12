import { HASH_SIZE, type Hash256 } from '../hash/hashes.ts'
import { sha256Backend } from '../crypto/backend-in-force.ts'
import type { Block } from './block.ts'
import { txids, wtxids } from './transaction-id.ts'

/** A merkle root and whether its leaves were ambiguous. */
export interface MerkleRoot {
  /** 32 zero bytes for an empty list. */
  readonly root: Hash256
  /**
   * Two equal hashes stood side by side in a pair: the same root also belongs to a list with some of its
   * entries doubled, so that a valid block can be passed off as an invalid one (CVE-2012-2459). Treat the
   * block as not received.
   */
  readonly mutated: boolean
}

/**
 * Merkle root of `hashes` as Bitcoin computes it: an odd one at the end of a row is paired with itself.
 * @example
 * // The last hash stands twice where their number is odd.
 * const [id] = txids(genesisBlock(mainnet).transactions)
 * merkleRoot([id!, id!]).mutated // true
 */
export function merkleRoot(hashes: readonly Hash256[]): MerkleRoot {
  if (hashes.length === 0) return { root: new Uint8Array(HASH_SIZE), mutated: false }
  const row = new Uint8Array(HASH_SIZE * (hashes.length + 1))
  hashes.forEach((hash, index) => row.set(hash, HASH_SIZE * index))
  const backend = sha256Backend()
  let mutated = false
  for (let length = hashes.length; length > 1; length = (length + 1) >>> 1) {
    for (let i = 0; i + 1 < length; i += 2) mutated ||= equalAt(row, HASH_SIZE * i, HASH_SIZE * (i + 1))
    if (length % 2 === 1) row.copyWithin(HASH_SIZE * length, HASH_SIZE * (length - 1), HASH_SIZE * length)
    backend.merkleLevel(row, (length + 1) >>> 1)
  }
  return { root: row.slice(0, HASH_SIZE), mutated }
}

function equalAt(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < HASH_SIZE; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}

/**
 * Merkle root of the txids of `block`, to compare with its header's.
 * @example
 * const block = genesisBlock(mainnet)
 * bytesEqual(blockMerkleRoot(block).root, block.header.merkleRoot) // true
 */
export function blockMerkleRoot(block: Block): MerkleRoot {
  return merkleRoot(txids(block.transactions))
}

/** Merkle root of the wtxids of `block`, with zeros for the coinbase's (BIP141). */
export function witnessMerkleRoot(block: Block): MerkleRoot {
  const [coinbase, ...others] = block.transactions
  return merkleRoot(coinbase === undefined ? [] : [new Uint8Array(HASH_SIZE), ...wtxids(others)])
}
