import { hasServices, Services } from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId } from '@sapwood/peer'
import { NODE_NETWORK_LIMITED_MIN_BLOCKS } from '../chain/best-block-depth.ts'
import type { BlockRef, ChainEntry } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { ProofPeer, ProofPeers } from '../utreexo/proof-peers.ts'
import type { CallQueue } from './call-queue.ts'
import type { ChainDriver } from './chain-driver.ts'
import type { BanManager } from './ban-manager.ts'
import type { NodePart } from './node-part.ts'

export interface UtreexoDriverComponents {
  readonly chain: HeaderChain
  readonly table: ConnectionTable
  readonly calls: Pick<CallQueue, 'post'>
  readonly banManager: Pick<BanManager, 'punish'>
  readonly driver: Pick<ChainDriver, 'bestOf' | 'refuseBlock'>
}

/** Joins the proving of blocks to the peers that have proofs. */
export class UtreexoDriver implements NodePart, ProofPeers {
  readonly #parts: UtreexoDriverComponents
  readonly #listeners = new Set<(gone?: PeerId) => void>()

  constructor(components: UtreexoDriverComponents) {
    this.#parts = components
  }

  ready(): void {
    this.#tell()
  }

  closed({ id }: ConnectionRecord): void {
    this.#tell(id)
  }

  tipChanged(): void {
    this.#tell()
  }

  having(block: BlockRef): readonly ProofPeer[] {
    const { table, chain, driver } = this.#parts
    const isRecent = block.height > chain.tip().height - NODE_NETWORK_LIMITED_MIN_BLOCKS
    const found: ProofPeer[] = []
    for (const { id, kind, peer, version, leaving } of table.ready()) {
      if (leaving || !servesProofs(version.services, isRecent) || kindBehaviour[kind].shortLived) continue
      const hasBlock = this.#has(driver.bestOf(id), block)
      found.push({ id, peer, hasBlock, inbound: kind === 'inbound' })
    }
    return found
  }

  /** Connected peers that offer proofs: of new blocks, and of all of them. */
  count(): { readonly peers: number; readonly archivePeers: number } {
    let peers = 0
    let archivePeers = 0
    for (const { version } of this.#parts.table.ready()) {
      if (servesProofs(version.services, true)) peers += 1
      if (servesProofs(version.services, false)) archivePeers += 1
    }
    return { peers, archivePeers }
  }

  punish(peer: PeerId, detail: string): void {
    const { calls, table, banManager } = this.#parts
    calls.post('punish', () => {
      const record = table.get(peer)
      if (record !== undefined) banManager.punish(record, detail)
    })
  }

  /**
   * Takes a block out of the chain for good, and does to its sender what one deserves who sends such a block.
   */
  refuseBlock(block: BlockRef, rule: string, from: PeerId | undefined): void {
    if (from !== undefined) this.punish(from, `block ${block.height}: ${rule}`)
    this.#parts.calls.post('refuse-block', () => this.#parts.driver.refuseBlock(block, rule, from))
  }

  onChange(callback: (gone?: PeerId) => void): () => void {
    this.#listeners.add(callback)
    return () => void this.#listeners.delete(callback)
  }

  #tell(gone?: PeerId): void {
    for (const listener of this.#listeners) listener(gone)
  }

  #has(best: ChainEntry | undefined, { height, hash }: BlockRef): boolean {
    if (best === undefined || !this.#parts.chain.isActive(hash)) return false
    return (this.#parts.chain.forkPoint(best.hash)?.height ?? -1) >= height
  }
}

/**
 * UTREEXO: of new blocks, and of as many as are kept; UTREEXO_ARCHIVE: of all, whether the blocks are kept or
 * not.
 */
function servesProofs(services: bigint, recent: boolean): boolean {
  if (hasServices(services, Services.UTREEXO_ARCHIVE)) return true
  return hasServices(services, Services.UTREEXO) && (recent || hasServices(services, Services.NETWORK))
}
