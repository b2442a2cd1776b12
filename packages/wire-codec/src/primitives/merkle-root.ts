import type { Hash256 } from '../hash/hashes.ts'
import { sha256dInto } from '#crypto'
import type { Block } from './block.ts'
import { txid, wtxid } from './transaction-id.ts'

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

/** Merkle root of `hashes` as Bitcoin computes it: an odd one at the end of a row is paired with itself. */
export function merkleRoot(hashes: readonly Hash256[]): MerkleRoot {
  if (hashes.length === 0) return { root: new Uint8Array(32), mutated: false }
  const row = new Uint8Array(32 * (hashes.length + 1))
  hashes.forEach((hash, index) => row.set(hash, 32 * index))
  let mutated = false
  for (let length = hashes.length; length > 1; length = (length + 1) >>> 1) {
    for (let i = 0; i + 1 < length; i += 2) mutated ||= equalAt(row, 32 * i, 32 * (i + 1))
    if (length % 2 === 1) row.copyWithin(32 * length, 32 * (length - 1), 32 * length)
    for (let i = 0; i < length; i += 2) sha256dInto(row.subarray(32 * i, 32 * (i + 2)), row, 16 * i)
  }
  return { root: row.slice(0, 32), mutated }
}

function equalAt(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 32; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}

/** Merkle root of the txids of `block`, to compare with its header's. */
export function blockMerkleRoot(block: Block): MerkleRoot {
  return merkleRoot(block.transactions.map(txid))
}

/** Merkle root of the wtxids of `block`, with zeros for the coinbase's (BIP141). */
export function witnessMerkleRoot(block: Block): MerkleRoot {
  return merkleRoot(
    block.transactions.map((tx, index): Hash256 => (index === 0 ? new Uint8Array(32) : wtxid(tx))),
  )
}
