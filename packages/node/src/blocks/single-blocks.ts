import type { BlockHash } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'

interface WantedBlock {
  readonly key: string
  readonly hash: BlockHash
  /** Peers that did not have it. */
  readonly refusedBy: Set<PeerId>
  /** That nobody has it has been said. */
  reported: boolean
}

/** Blocks asked for by hash, out of any order. */
export class SingleBlocks {
  readonly #wanted = new Map<string, WantedBlock>()

  get size(): number {
    return this.#wanted.size
  }

  has(key: string): boolean {
    return this.#wanted.has(key)
  }

  add(key: string, hash: BlockHash): void {
    if (!this.#wanted.has(key)) this.#wanted.set(key, { key, hash, refusedBy: new Set(), reported: false })
  }

  delete(key: string): boolean {
    return this.#wanted.delete(key)
  }

  refused(key: string, peer: PeerId): void {
    this.#wanted.get(key)?.refusedBy.add(peer)
  }

  isRefusedBy(key: string, peer: PeerId): boolean {
    return this.#wanted.get(key)?.refusedBy.has(peer) ?? false
  }

  removePeer(peer: PeerId): void {
    for (const wanted of this.#wanted.values()) wanted.refusedBy.delete(peer)
  }

  *pendingFor(peer: PeerId): Iterable<{ readonly key: string; readonly hash: BlockHash }> {
    for (const wanted of this.#wanted.values()) if (!wanted.refusedBy.has(peer)) yield wanted
  }

  /** Blocks that each of `peers`, and at least one, has refused; each is said once. */
  *exhausted(peers: readonly PeerId[]): Iterable<BlockHash> {
    for (const wanted of this.#wanted.values()) {
      if (peers.some((peer) => !wanted.refusedBy.has(peer))) {
        wanted.reported = false
      } else if (!wanted.reported && wanted.refusedBy.size > 0) {
        wanted.reported = true
        yield wanted.hash
      }
    }
  }
}
