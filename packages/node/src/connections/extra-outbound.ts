import type { PeerId } from '@sapwood/peer'
import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'
import { isReady, type ReadyConnection } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { SlotLimits } from './slots.ts'

/** How often connections beyond the slots are looked for (Core, `EXTRA_PEER_CHECK_INTERVAL`). */
const EXTRA_CHECK_INTERVAL = 45_000
/** A connection is given this long to prove itself (Core, `MINIMUM_CONNECT_TIME`). */
const MINIMUM_CONNECT_TIME = 30_000

export interface ExtraOutboundComponents {
  readonly clock: Clock
  readonly table: ConnectionTable
  /** Whether a peer is kept for having shown a good chain (`HeaderSync.isExcused`). */
  readonly isExcused: (peer: PeerId) => boolean
  readonly letGo: (record: ReadyConnection, detail: string) => void
}

/**
 * Lets the least useful go when there are more than slots: who shows new blocks stays, whoever came first.
 */
export class ExtraOutbound {
  readonly #limits: SlotLimits
  readonly #parts: ExtraOutboundComponents
  #nextTrim: number

  constructor(options: { readonly limits: SlotLimits }, components: ExtraOutboundComponents) {
    this.#limits = options.limits
    this.#parts = components
    this.#nextTrim = components.clock.now() + EXTRA_CHECK_INTERVAL
  }

  tick(now: Instant): void {
    if (now < this.#nextTrim) return
    this.#nextTrim = now + EXTRA_CHECK_INTERVAL
    this.#trimBlockRelay(now)
    this.#trimFullRelay(now)
  }

  /** Of the two youngest, the one that was longer without a new block (Core, `EvictExtraOutboundPeers`). */
  #trimBlockRelay(now: number): void {
    const peers = this.#ready(['block-relay-only'])
    if (peers.length <= this.#limits['block-relay-only']) return
    const [youngest, second] = peers.sort((a, b) => b.id - a.id)
    if (youngest === undefined) return
    const chosen = second !== undefined && youngest.lastBlock > second.lastBlock ? second : youngest
    this.#trim(chosen, now)
  }

  /**
   * The one that announced a new block the longest ago, unless it is the only one of its network, or excused.
   */
  #trimFullRelay(now: number): void {
    const peers = this.#ready(['outbound-full-relay', 'extra'])
    if (peers.length <= this.#limits['outbound-full-relay']) return
    const { isExcused } = this.#parts
    const byNetwork = new Map<string, number>()
    for (const { address } of peers) {
      const network = address?.network ?? ''
      byNetwork.set(network, (byNetwork.get(network) ?? 0) + 1)
    }
    const [worst] = peers
      .filter(({ id, address }) => !isExcused(id) && (byNetwork.get(address?.network ?? '') ?? 0) > 1)
      // Of equals the youngest goes.
      .sort((a, b) => a.lastBlock - b.lastBlock || b.id - a.id)
    if (worst !== undefined) this.#trim(worst, now)
  }

  #trim(record: ReadyConnection, now: number): void {
    const { readyAt } = record
    const settled = readyAt !== undefined && now - readyAt > MINIMUM_CONNECT_TIME
    if (settled && record.peer.info().blocksInFlight.length === 0)
      this.#parts.letGo(record, 'extra-connection')
  }

  #ready(kinds: readonly ReadyConnection['kind'][]): ReadyConnection[] {
    const found: ReadyConnection[] = []
    for (const record of this.#parts.table.all()) {
      if (!kinds.includes(record.kind) || !isReady(record)) continue
      if (record.protected || record.leaving) continue
      found.push(record)
    }
    return found
  }
}
