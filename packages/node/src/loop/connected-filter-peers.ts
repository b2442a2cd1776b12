import { type BlockHash, blockHash, bytesEqual, hasServices, Services } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { type Clock, withDeadline } from '@sapwood/transport-v1v2'
import type { HeaderChain } from '../chain/header-chain-types.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'
import { NodeError } from '../errors/node-error.ts'
import type { FilterPeer, FilterPeers, FilterSilence } from '../filters/filter-peers.ts'
import type { EventHub } from '../handle/event-hub.ts'
import type { NodeLoop } from './node-loop.ts'

/** Milliseconds that a peer has to show that it has a block, and in which it is not asked again where it did not. */
const PROBE_TIMEOUT = 5_000
const PROBE_PAUSE = 120_000

interface Candidates {
  /** Known to have the block. */
  readonly known: FilterPeer[]
  readonly unknown: FilterPeer[]
}

const noCandidates = (): Candidates => ({ known: [], unknown: [] })

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
  /** Blocks whose headers they have sent when asked for them. */
  readonly #shown = new Map<PeerId, BlockHash>()
  /** When those that did not may be asked again. */
  readonly #nextProbe = new Map<PeerId, number>()

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
    // Silent because it is gone: `closed` has been called, and nobody would forget it again.
    if (this.#parts.loop.keeper.table.get(peer) === undefined) return
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
    this.#shown.delete(peer)
    this.#nextProbe.delete(peer)
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
      const { outbound, inbound } = await loop.calls.call('filter-peers', () => this.#find(height))
      if (await this.#showsMore(outbound.unknown, height, signal)) continue
      if (outbound.known.length > 0) return outbound.known
      // Anybody can dial us as often as he likes, to outvote the rest: only where there is nobody else.
      if (inbound.known.length > 0) return inbound.known
      if (await this.#showsMore(inbound.unknown, height, signal)) continue
      await change
    }
  }

  #find(height: number): { readonly outbound: Candidates; readonly inbound: Candidates } {
    const { loop } = this.#parts
    const found = { outbound: noCandidates(), inbound: noCandidates() }
    for (const { id, kind, peer, version, leaving } of loop.keeper.table.ready()) {
      if (leaving || this.#useless.has(id) || !hasServices(version.services, Services.COMPACT_FILTERS))
        continue
      const candidates = kind === 'inbound' ? found.inbound : found.outbound
      const isKnown =
        this.#has(loop.driver.bestOf(id)?.hash, height) || this.#has(this.#shown.get(id), height)
      if (isKnown) candidates.known.push({ id, peer })
      else candidates.unknown.push({ id, peer })
    }
    return found
  }

  /** Whether a peer that has a block has the best chain's block at a height. */
  #has(block: BlockHash | undefined, height: number): boolean {
    if (height === 0) return true
    return block !== undefined && (this.#parts.chain.forkPoint(block)?.height ?? -1) >= height
  }

  /**
   * Asks peers for the block's header: one that heard of a block from us never tells us that it has it, and one that lacks it would
   * end the connection when asked for its filter (Core).
   * @returns whether any has shown it.
   */
  async #showsMore(unknown: readonly FilterPeer[], height: number, signal: AbortSignal): Promise<boolean> {
    const { chain, clock } = this.#parts
    const [before, hash] = [chain.hashAt(Math.max(0, height - 1)), chain.hashAt(height)]
    if (before === undefined || hash === undefined) return false
    const now = clock.now()
    const due = unknown.filter(({ id }) => now >= (this.#nextProbe.get(id) ?? 0))
    const shown = await Promise.all(
      due.map(async ({ id, peer }) => {
        this.#nextProbe.set(id, now + PROBE_PAUSE)
        const request = { locator: [before], stopHash: hash }
        const headers = await peer.getHeaders(request, { signal, timeout: PROBE_TIMEOUT }).catch(() => [])
        if (!headers.some((header) => bytesEqual(blockHash(header), hash))) return false
        this.#nextProbe.delete(id)
        this.#shown.set(id, hash)
        return true
      }),
    )
    signal.throwIfAborted()
    return shown.includes(true)
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
