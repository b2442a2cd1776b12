import type { WallTime } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from './header-chain.ts'

/**
 * Blocks that a peer has which keeps only recent ones (BIP159; Core: NODE_NETWORK_LIMITED_MIN_BLOCKS, and
 * MIN_BLOCKS_TO_KEEP of a node that prunes).
 */
export const NODE_NETWORK_LIMITED_MIN_BLOCKS = 288

/**
 * With a tip fewer blocks old than this, peers that keep only recent blocks will do (Core,
 * `NODE_NETWORK_LIMITED_ALLOW_CONN_BLOCKS`).
 */
export const LIMITED_PEERS_ALLOWED_BLOCKS = 144

/**
 * How many blocks there may be on top of ours, by the age of our tip at a time of day
 * (Core, `ApproximateBestBlockDepth`).
 */
export function approximateBestBlockDepth(chain: HeaderChain, now: WallTime): number {
  const age = now / 1000 - chain.tip().header.time
  return Math.max(0, Math.floor(age / chain.network.proofOfWork.targetSpacing))
}
