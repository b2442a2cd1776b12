import type { InventoryVector, Network } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { NODE_NETWORK_LIMITED_MIN_BLOCKS } from '../chain/best-block-depth.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { BlockDownloadAction } from './block-download-action.ts'
import type { DownloadPeer } from './block-requests.ts'

/** As far down a peer is asked that keeps only recent blocks: Core keeps two as a margin. */
const LIMITED_PEER_BLOCKS: number = NODE_NETWORK_LIMITED_MIN_BLOCKS - 2
/** A peer whose blocks had to be asked of others and who then sends none of them for this long is let go. */
export const LATE_PEER_TIMEOUT: number = MINUTE
/** Block timeout for a peer that downloads alone, in block spacings (Core, `BLOCK_DOWNLOAD_TIMEOUT_BASE`). */
const BLOCK_TIMEOUT_BASE = 1
/** More for each other peer that downloads (Core, `BLOCK_DOWNLOAD_TIMEOUT_PER_PEER`). */
const BLOCK_TIMEOUT_PER_PEER = 0.5

type Peers = ReadonlyMap<PeerId, DownloadPeer>

/** Whether a peer may be asked for the best chain's block at a height. */
export function mayServe({ facts, commonHeight }: DownloadPeer, height: number, chain: HeaderChain): boolean {
  if (facts.serves === 'none') return false
  if (facts.serves === 'recent' && height <= chain.tip().height - LIMITED_PEER_BLOCKS) return false
  return height <= commonHeight
}

/** Milliseconds that a peer may take for its next block: the longer, the more others share the line. */
export function blockTimeout(peer: DownloadPeer, peers: Peers, { proofOfWork }: Network): number {
  let others = 0
  for (const other of peers.values()) if (other !== peer && other.inFlight.size > 0) others++
  return proofOfWork.targetSpacing * 1000 * (BLOCK_TIMEOUT_BASE + BLOCK_TIMEOUT_PER_PEER * others)
}

/**
 * Whether a block is left to the peers that we chose, of `byPreference` the first. One that dialled us is
 * asked where none of those has it and keeps up (Core asks no inbound peer for blocks of the first sync while
 * an outbound one sends them).
 */
export function isLeftToOthers(
  peer: DownloadPeer,
  height: number,
  byPreference: readonly DownloadPeer[],
  chain: HeaderChain,
): boolean {
  return isLeftToChosen(peer, byPreference, (other) => mayServe(other, height, chain))
}

/** As `isLeftToOthers`, of any block. @param mayHave Whether a peer may be asked for it. */
export function isLeftToChosen(
  peer: DownloadPeer,
  byPreference: readonly DownloadPeer[],
  mayHave: (other: DownloadPeer) => boolean,
): boolean {
  if (peer.facts.preferred) return false
  for (const other of byPreference) {
    if (!other.facts.preferred) return false
    if (!other.late && mayHave(other)) return true
  }
  return false
}

export function sendGetData(peer: PeerId, inventory: readonly InventoryVector[]): BlockDownloadAction {
  return { type: 'send', peer, message: { type: 'getdata', inventory } }
}
