import { type BlockHash, blockHash, bytesEqual, hasServices, Services } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import {
  addAbortListener,
  type Clock,
  MINUTE,
  removeAbortListener,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { NodeError } from '../errors/node-error.ts'
import type { FilterPeer, FilterPeers, FilterSilence } from '../filters/filter-peers.ts'
import type { EventSource } from '../events/event-source.ts'
import type { ChainEvents } from '../chain/chain-events.ts'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { PhaseEvents } from '../chain/phase-events.ts'
import type { CallQueue } from './call-queue.ts'
import type { ChainDriver } from './chain-driver.ts'
import type { BanManager } from './ban-manager.ts'
import type { NodePart } from './node-part.ts'

/** Milliseconds for which a peer that may not be let go is passed over when it has twice not answered. */
const SILENT_PAUSE = 30_000
/**
 * Milliseconds that a peer has to show that it has a block,
 * and in which it is not asked again where it did not.
 */
const PROBE_TIMEOUT = 5_000
const PROBE_PAUSE = 2 * MINUTE

interface Candidates {
  /** Known to have the block. */
  readonly known: FilterPeer[]
  readonly unknown: FilterPeer[]
}

const noCandidates = (): Candidates => ({ known: [], unknown: [] })

export interface FilterDriverComponents {
  readonly calls: Pick<CallQueue, 'call'>
  readonly table: ConnectionTable
  readonly banManager: Pick<BanManager, 'punish' | 'letGo'>
  readonly driver: Pick<ChainDriver, 'bestOf' | 'sent'>
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly events: Pick<EventSource<ChainEvents & ConnectionEvents & PhaseEvents>, 'on'>
}

/** Joins filters to the peers that offer them. */
export class FilterDriver implements NodePart, FilterPeers {
  readonly #timeout: number
  readonly #parts: FilterDriverComponents
  /** Of no use: those that are protected stay connected all the same. */
  readonly #useless = new Set<PeerId>()
  /** Silent, and not asked before then. */
  readonly #pausedUntil = new Map<PeerId, number>()
  /** What they did not send when they were last asked for it. */
  readonly #silent = new Map<PeerId, Set<FilterSilence>>()
  /** Blocks whose headers they have sent when asked for them. */
  readonly #shown = new Map<PeerId, BlockHash>()
  /** When those that did not may be asked again. */
  readonly #nextProbe = new Map<PeerId, number>()

  /** @param timeout Milliseconds to wait for one. */
  constructor(timeout: number, components: FilterDriverComponents) {
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
    return this.#end(peer, (record) => this.#parts.banManager.punish(record, detail))
  }

  letGo(peer: PeerId, detail: string): Promise<void> {
    return this.#end(peer, (record) => {
      if (!record.protected) this.#parts.banManager.letGo(record, detail)
    })
  }

  async silent(peer: PeerId, what: FilterSilence): Promise<void> {
    // Silent because it is gone: `closed` has been called, and nobody would forget it again.
    if (this.#parts.table.get(peer) === undefined) return
    const before = this.#silent.get(peer)
    if (before?.has(what) !== true) {
      this.#silent.set(peer, new Set(before).add(what))
      return
    }
    this.#silent.delete(peer)
    // One that is protected stays connected, and may have what it lacked one day.
    this.#pausedUntil.set(peer, this.#parts.clock.now() + SILENT_PAUSE)
    await this.#withRecord(peer, (record) => {
      if (!record.protected) this.#parts.banManager.letGo(record, what)
    })
  }

  answered(peer: PeerId, what: FilterSilence): void {
    this.#silent.get(peer)?.delete(what)
  }

  closed({ id }: ConnectionRecord): void {
    this.#useless.delete(id)
    this.#pausedUntil.delete(id)
    this.#silent.delete(id)
    this.#shown.delete(id)
    this.#nextProbe.delete(id)
  }

  #end(peer: PeerId, act: (record: ReadyConnection) => void): Promise<void> {
    return this.#withRecord(peer, (record) => {
      this.#useless.add(peer)
      act(record)
    })
  }

  #withRecord(peer: PeerId, act: (record: ReadyConnection) => void): Promise<void> {
    const { calls, table } = this.#parts
    return calls.call('filter-peer', () => {
      const record = [...table.ready()].find(({ id }) => id === peer)
      if (record !== undefined) act(record)
    })
  }

  async #wait(height: number, signal: AbortSignal): Promise<readonly FilterPeer[]> {
    const { calls } = this.#parts
    for (;;) {
      const { outbound, inbound, change } = await calls.call('filter-peers', () => {
        const found = this.#find(height)
        // Begun only where it may be waited for, and in the same turn as the look, so that nothing is missed.
        const isEnough = found.outbound.known.length + found.inbound.known.length > 0
        return { ...found, change: isEnough ? undefined : this.#watch(signal) }
      })
      try {
        if (await this.#showsMore(outbound.unknown, height, signal)) continue
        if (outbound.known.length > 0) return outbound.known
        // Anybody can dial us as often as he likes, to outvote the rest: only where there is nobody else.
        if (inbound.known.length > 0) return inbound.known
        if (await this.#showsMore(inbound.unknown, height, signal)) continue
        await change?.happened
      } finally {
        change?.end()
      }
    }
  }

  #find(height: number): { readonly outbound: Candidates; readonly inbound: Candidates } {
    const { table, driver, clock } = this.#parts
    const now = clock.now()
    const found = { outbound: noCandidates(), inbound: noCandidates() }
    for (const { id, kind, peer, version, leaving } of table.ready()) {
      if (leaving || this.#useless.has(id) || !hasServices(version.services, Services.COMPACT_FILTERS))
        continue
      if (now < (this.#pausedUntil.get(id) ?? 0)) continue
      const candidates = kind === 'inbound' ? found.inbound : found.outbound
      const isKnown = this.#has(driver.bestOf(id)?.hash, height) || this.#has(this.#shown.get(id), height)
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
   * Asks peers for the block's header: one that heard of a block from us never tells us that it has it, and
   * one that lacks it would end the connection when asked for its filter (Core).
   * @returns whether any has shown it.
   */
  async #showsMore(unknown: readonly FilterPeer[], height: number, signal: AbortSignal): Promise<boolean> {
    const { calls, driver, chain, clock } = this.#parts
    const [before, hash] = [chain.hashAt(Math.max(0, height - 1)), chain.hashAt(height)]
    if (before === undefined || hash === undefined) return false
    const now = clock.now()
    const due = unknown.filter(({ id }) => now >= (this.#nextProbe.get(id) ?? 0))
    const shown = await Promise.all(
      due.map(async ({ id, peer }) => {
        this.#nextProbe.set(id, now + PROBE_PAUSE)
        const request = { locator: [before], stopHash: hash }
        const headers = await peer.getHeaders(request, { signal, timeout: PROBE_TIMEOUT }).catch(() => [])
        // Answers have no names: this may be the one to the question of the header sync, which takes ours.
        if (headers.some((header) => chain.heightOf(blockHash(header)) === undefined))
          await calls.call('filter-peers', () => driver.sent(id, headers))
        if (!headers.some((header) => bytesEqual(blockHash(header), hash))) return false
        this.#nextProbe.delete(id)
        this.#shown.set(id, hash)
        return true
      }),
    )
    signal.throwIfAborted()
    return shown.includes(true)
  }

  /** Waits until there may be a peer that there was not. It has to be ended, whatever came of it. */
  #watch(signal: AbortSignal): { readonly happened: Promise<void>; readonly end: () => void } {
    const { events, clock } = this.#parts
    let end = (): void => undefined
    const happened = new Promise<void>((resolve, reject) => {
      const wake = (): void => resolve()
      const stops = [
        events.on('peer-ready', wake),
        events.on('headers-progress', wake),
        events.on('tip-changed', wake),
        events.on('stopped', () => reject(new NodeError('stopped', 'The node has stopped'))),
        clock.setTimer(this.#nextDue(), wake),
      ]
      const onAbort = (): void => reject(signal.reason as Error)
      addAbortListener(signal, onAbort)
      end = () => {
        for (const stop of stops) stop()
        removeAbortListener(signal, onAbort)
      }
    })
    // It may be ended before anybody waits for it.
    happened.catch(() => undefined)
    return { happened, end }
  }

  /** Milliseconds until a peer that was passed over may be asked again. */
  #nextDue(): number {
    const now = this.#parts.clock.now()
    const due = [...this.#pausedUntil.values(), ...this.#nextProbe.values()].filter((at) => at > now)
    return Math.min(PROBE_PAUSE, ...due.map((at) => at - now))
  }
}
