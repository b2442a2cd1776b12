import type { BlockHash } from '@sapwood/wire-codec'
import type { ChainEntry } from './chain-entry.ts'
import type { HeaderChain } from './header-chain.ts'
import type { HeaderPeer } from './header-peer.ts'
import type { HeaderSyncAction } from './header-sync-action.ts'
import type { Outbox } from './outbox.ts'

/**
 * Which block each peer is known to have, by what it announced and sent (Core,
 * `pindexBestKnownBlock`, `hashLastUnknownBlock`).
 */
export class KnownTips {
  readonly #chain: HeaderChain
  readonly #peers: ReadonlyMap<unknown, HeaderPeer>
  readonly #out: Outbox<HeaderSyncAction>

  constructor(chain: HeaderChain, peers: ReadonlyMap<unknown, HeaderPeer>, out: Outbox<HeaderSyncAction>) {
    this.#chain = chain
    this.#peers = peers
    this.#out = out
  }

  announced(peer: HeaderPeer, hash: BlockHash): void {
    const entry = this.#chain.get(hash)
    if (entry === undefined) {
      // A view into a message that 32 bytes must not keep alive.
      peer.announcedUnknown = hash.slice() as BlockHash
      return
    }
    if (peer.best !== undefined && entry.work <= peer.best.work) return
    peer.best = entry
    this.#out.push({ type: 'peer-has', peer: peer.id, hash: entry.hash })
  }

  /**
   * Of an `inv`: the best of those that are known, and the last that is not. A step for each would have the
   * download look through all peers for as many blocks as fit in a message.
   */
  announcedAll(peer: HeaderPeer, hashes: readonly BlockHash[]): void {
    let best: ChainEntry | undefined
    let unknown: BlockHash | undefined
    for (const hash of hashes) {
      const entry = this.#chain.get(hash)
      if (entry === undefined) unknown = hash
      else if (best === undefined || entry.work > best.work) best = entry
    }
    for (const hash of [best?.hash, unknown]) if (hash !== undefined) this.announced(peer, hash)
  }

  /** The chain has grown: what was announced before its header came may be in it now. */
  resolve(): void {
    for (const peer of this.#peers.values()) {
      const hash = peer.announcedUnknown
      if (hash === undefined || this.#chain.heightOf(hash) === undefined) continue
      peer.announcedUnknown = undefined
      this.announced(peer, hash)
    }
  }
}
