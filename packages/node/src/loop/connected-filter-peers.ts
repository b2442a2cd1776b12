import { hasServices, Services } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { type Clock, withDeadline } from '@sapwood/transport-v1v2'
import type { HeaderChain } from '../chain/header-chain-types.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'
import { NodeError } from '../errors/node-error.ts'
import type { FilterPeer, FilterPeers, FilterSilence } from '../filters/filter-peers.ts'
import type { EventHub } from '../handle/event-hub.ts'
import type { NodeLoop } from './node-loop.ts'

export interface ConnectedFilterPeersComponents {
  readonly loop: NodeLoop
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly events: EventHub
}

/** The node's connections to peers that offer filters. */
export class ConnectedFilterPeers implements FilterPeers {
  readonly #timeout: number
  readonly #parts: ConnectedFilterPeersComponents
  /** Of no use: those that are protected stay connected all the same. */
  readonly #useless = new Set<PeerId>()
  /** What they did not send when they were last asked for it. */
  readonly #silent = new Map<PeerId, Set<FilterSilence>>()

  /** @param timeout Milliseconds to wait for one. */
  constructor(timeout: number, components: ConnectedFilterPeersComponents) {
    this.#timeout = timeout
    this.#parts = components
  }

  having(height: number, signal: AbortSignal): Promise<readonly FilterPeer[]> {
    const limit = this.#timeout
    const reason = (): NodeError =>
      new NodeError('no-filter-peer', `No peer with filters up to block ${height} within ${limit} ms`, {
        limit,
      })
    return withDeadline(this.#parts.clock, limit, (either) => this.#wait(height, either), { signal, reason })
  }

  punish(peer: PeerId, detail: string): Promise<void> {
    return this.#end(peer, (record) => this.#parts.loop.conduct.punish(record, detail))
  }

  letGo(peer: PeerId, detail: string): Promise<void> {
    return this.#end(peer, (record) => {
      if (!record.protected) this.#parts.loop.conduct.letGo(record, detail)
    })
  }

  async silent(peer: PeerId, what: FilterSilence): Promise<void> {
    const before = this.#silent.get(peer)
    if (before?.has(what) === true) await this.letGo(peer, what)
    else this.#silent.set(peer, new Set(before).add(what))
  }

  answered(peer: PeerId, what: FilterSilence): void {
    this.#silent.get(peer)?.delete(what)
  }

  /** A connection has ended. */
  closed(peer: PeerId): void {
    this.#useless.delete(peer)
    this.#silent.delete(peer)
  }

  #end(peer: PeerId, act: (record: ReadyConnection) => void): Promise<void> {
    const { calls, keeper } = this.#parts.loop
    return calls.call('filter-peer', () => {
      const record = [...keeper.table.ready()].find(({ id }) => id === peer)
      if (record === undefined) return
      this.#useless.add(peer)
      act(record)
    })
  }

  async #wait(height: number, signal: AbortSignal): Promise<readonly FilterPeer[]> {
    const { loop } = this.#parts
    for (;;) {
      // Before the look: what changes right after it is not missed.
      const change = this.#nextChange(signal)
      change.catch(() => undefined)
      const found = await loop.calls.call('filter-peers', () => this.#find(height))
      if (found.length > 0) return found
      await change
    }
  }

  #find(height: number): FilterPeer[] {
    const { loop, chain } = this.#parts
    const found: { readonly outbound: FilterPeer[]; readonly inbound: FilterPeer[] } = {
      outbound: [],
      inbound: [],
    }
    for (const { id, kind, peer, version, leaving } of loop.keeper.table.ready()) {
      if (leaving || this.#useless.has(id) || !hasServices(version.services, Services.COMPACT_FILTERS))
        continue
      // One that lacks the block would end the connection when asked (Core).
      const best = loop.driver.bestOf(id)
      if (best !== undefined && (chain.forkPoint(best.hash)?.height ?? -1) >= height)
        found[kind === 'inbound' ? 'inbound' : 'outbound'].push({ id, peer })
    }
    // Anybody can dial us as often as he likes, to outvote the rest.
    return found.outbound.length > 0 ? found.outbound : found.inbound
  }

  /** Resolves when there may be a peer that there was not. */
  async #nextChange(signal: AbortSignal): Promise<void> {
    const done = new AbortController()
    const either = { signal: AbortSignal.any([signal, done.signal]) }
    const { events } = this.#parts
    try {
      await Promise.race([
        events.next('peer-ready', either),
        events.next('headers-progress', either),
        events.next('tip-changed', either),
      ])
    } finally {
      done.abort()
    }
  }
}
