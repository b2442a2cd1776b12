import type { Hash256 } from '../hash/hashes.ts'
import type { Network } from '../networks/network.ts'
import { blockHash, type BlockHeader } from '../primitives/header.ts'
import { bitsToTarget } from './target.ts'

/**
 * A hash as the 256-bit number that targets are compared with: its bytes are the number's, lowest first.
 * @example
 * hashToNumber(mainnet.genesisHash) < bitsToTarget(0x1d00ffff)! // true
 */
export function hashToNumber(hash: Hash256): bigint {
  let number = 0n
  for (let i = 31; i >= 0; i--) number = (number << 8n) | BigInt(hash[i]!)
  return number
}

/**
 * Whether the hash of `header` is at most its own target, and that target one that
 * `network` allows (Core, `CheckProofOfWork`).
 * @example
 * const { header } = genesisBlock(mainnet)
 * hasProofOfWork(header, mainnet) // true
 * hasProofOfWork({ ...toPlain(header), nonce: 1 }, mainnet) // false
 */
export function hasProofOfWork(header: BlockHeader, network: Network): boolean {
  return meetsBits(blockHash(header), header.bits, network)
}

/** As {@link hasProofOfWork}, where the hash is known already. */
export function meetsBits(hash: Hash256, bits: number, network: Network): boolean {
  const target = bitsToTarget(bits)
  const limit = bitsToTarget(network.powLimitBits)
  return target !== undefined && limit !== undefined && target <= limit && hashToNumber(hash) <= target
}
