import type { Peer, PeerId } from '@sapwood/peer'
import type { BlockRef } from '../chain/chain-entry.ts'

/** A peer that may be asked for proofs. */
export interface ProofPeer {
  readonly id: PeerId
  readonly peer: Pick<Peer, 'getUtreexoProof'>
  /** Known to have the block: it is asked first. */
  readonly hasBlock: boolean
  /** It dialled us, as anybody can: it is asked last. */
  readonly inbound: boolean
}

/** Whom proofs are asked of, as the proof fetcher sees them. */
export interface ProofPeers {
  /** Those that may have the proof of a block. */
  having(block: BlockRef): readonly ProofPeer[]
  /** For what no honest peer does. */
  punish(peer: PeerId, detail: string): void
  /**
   * Calls back whenever there may be a peer that there was not, or not any more: with the one that is gone
   * where that is why.
   * @returns how to stop.
   */
  onChange(callback: (gone?: PeerId) => void): () => void
}
