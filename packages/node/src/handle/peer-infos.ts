import type { ChainProgress, Peer, PeerId, PeerInfo } from '@sapwood/peer'
import type { BlockStore } from '../blocks/block-store.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { HeaderSync } from '../chain/header-sync.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'

export interface PeerInfosComponents {
  readonly table: ConnectionTable
  readonly chain: HeaderChain
  readonly headerSync: Pick<HeaderSync, 'bestOf' | 'presyncedOf'>
  /** Where the node keeps blocks; one that keeps none has none in common with anybody. */
  readonly blockStore?: Pick<BlockStore, 'stored'>
}

/** What connections say of themselves, with how far the node has followed their chains. */
export class PeerInfos {
  readonly #parts: PeerInfosComponents

  constructor(components: PeerInfosComponents) {
    this.#parts = components
  }

  /** Of each connection past its transport's handshake. */
  all(): PeerInfo[] {
    const kept = this.#keptHeight()
    const infos: PeerInfo[] = []
    for (const { peer } of this.#parts.table.all())
      if (peer !== undefined) infos.push(this.#infoOf(peer, kept))
    return infos
  }

  of(peer: Peer): PeerInfo {
    return this.#infoOf(peer, this.#keptHeight())
  }

  #infoOf(peer: Peer, kept: number): PeerInfo {
    peer.setChainProgress(this.#progressOf(peer.id, kept))
    return peer.info()
  }

  /** Core, `GetNodeStateStats`. */
  #progressOf(id: PeerId, kept: number): ChainProgress {
    const { chain, headerSync } = this.#parts
    const best = headerSync.bestOf(id)
    const common = best && chain.forkPoint(best.hash)
    return {
      presyncedHeaders: headerSync.presyncedOf(id) ?? -1,
      syncedHeaders: best?.height ?? -1,
      syncedBlocks: Math.min(common?.height ?? -1, kept),
    }
  }

  /** Up to where the blocks of the best chain are here. */
  #keptHeight(): number {
    const { chain, blockStore } = this.#parts
    if (blockStore === undefined) return -1
    const { range } = blockStore.stored()
    // The genesis block is everybody's.
    return (range && chain.forkPoint(range.tip.hash))?.height ?? 0
  }
}
