import type { BlockHash, Hash256 } from '../hash/hashes.ts'

/** The 80 bytes that a block is known by. Hash fields are views into the bytes they were decoded from. */
export interface BlockHeader {
  /** Signed 32-bit version. */
  readonly version: number
  readonly previousBlockHash: BlockHash
  readonly merkleRoot: Hash256
  /** Seconds since 1970, unsigned 32-bit. */
  readonly time: number
  /** Compact target (nBits), unsigned 32-bit. */
  readonly bits: number
  readonly nonce: number
}
