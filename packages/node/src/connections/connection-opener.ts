import type { AddressNetwork, NetworkAddress } from '@sapwood/wire-codec'
import type { DisconnectReport, PeerId } from '@sapwood/peer'
import {
  type Clock,
  drawBelow,
  drawExponential,
  type Instant,
  type Logger,
  MINUTE,
  type Random,
} from '@sapwood/transport-v1v2/environment'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import type { Phase } from '../chain/phases.ts'
import { type AddedPeers, connectionOf } from './added-peers.ts'
import type { ConnectionManager } from './connection-manager.ts'
import { type ConnectionRecord, isReady } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import { type PlannedDial, type PlanOptions, planDial } from './dial-planner.ts'
import type { NetworkSwitch } from './network-switch.ts'
import type { SlotLimits } from './slots.ts'
import type { StaleTip } from './stale-tip.ts'
import { isOneOf, type WantedPeers } from './wanted-peers.ts'

/** Mean time between two feelers (Core, `FEELER_INTERVAL`). */
const FEELER_INTERVAL: number = 2 * MINUTE
/**
 * Mean time between two extra block-relay-only connections (Core, `EXTRA_BLOCK_RELAY_ONLY_PEER_INTERVAL`).
 */
const EXTRA_BLOCK_RELAY_INTERVAL: number = 5 * MINUTE
/** Mean time between two tries at a network that has no connection (Core, `EXTRA_NETWORK_PEER_INTERVAL`). */
const EXTRA_NETWORK_INTERVAL: number = 5 * MINUTE
/**
 * Outbound connections from which on a failed dial counts against the address: before,
 * we may be offline (Core).
 */
const ONLINE_CONNECTIONS = 2

export interface ConnectionOpenerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly table: ConnectionTable
  readonly connections: Pick<ConnectionManager, 'open'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly addresses: AddressManager
  readonly added: AddedPeers
  readonly isAvoided: (address: NetworkAddress) => boolean
  readonly isBanned: (address: NetworkAddress) => boolean
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly phase: Pick<CurrentPhase, 'now'>
  readonly staleTip: Pick<StaleTip, 'wantsPeer' | 'peerDialled'>
}

export interface ConnectionOpenerOptions {
  readonly limits: SlotLimits
  /** Only the added peers are dialled. */
  readonly connectOnly: boolean
  /** Block-relay-only peers of last time, dialled first. */
  readonly anchors: readonly NetworkAddress[]
  /** Services that an address must be known for, given those that it is said to offer. */
  readonly servicesWanted: (offered: bigint) => bigint
  /** Whom some of the full-relay connections are kept for. */
  readonly peersWanted: readonly WantedPeers[]
}

/**
 * Milliseconds before the tables are searched again after nothing in them would do, unless something changed.
 */
const SEARCH_PAUSE = 10_000
/**
 * Milliseconds from one look for those of whom there are not enough to the next, where others have all slots:
 * longer than it takes until the least useful of too many has gone.
 */
const BEYOND_SLOTS_PAUSE: number = 2 * MINUTE

/** Whom the node dials, and when: fills the slots, and now and then looks further. */
export class ConnectionOpener {
  readonly #options: ConnectionOpenerOptions
  readonly #parts: ConnectionOpenerComponents
  readonly #anchors: NetworkAddress[]
  #nextFeeler: number
  #nextBlockRelay: number
  #nextNetwork: number
  #nextSearch = 0
  #nextBeyond = 0

  constructor(options: ConnectionOpenerOptions, components: ConnectionOpenerComponents) {
    this.#options = options
    this.#parts = components
    this.#anchors = [...options.anchors]
    this.#nextFeeler = this.#after(FEELER_INTERVAL)
    this.#nextBlockRelay = this.#after(EXTRA_BLOCK_RELAY_INTERVAL)
    this.#nextNetwork = this.#after(EXTRA_NETWORK_INTERVAL)
  }

  /** Dials whoever is due. Call about once a second. */
  tick(): void {
    if (!this.#parts.networkSwitch.isOn) return
    this.#dialAdded()
    if (this.#options.connectOnly) return
    this.#fillSlots(this.#parts.phase.now)
    this.#dialBeyondSlots()
  }

  /** Whether a peer is one of those of whom some are kept, and there is none to spare. */
  isKept(peer: PeerId): boolean {
    const record = this.#parts.table.get(peer)
    if (record === undefined || !isReady(record)) return false
    return this.#options.peersWanted.some(
      (peers) => isOneOf(peers, record.version.services) && this.#connectedTo(peers) <= peers.count,
    )
  }

  /** A slot may have become free. */
  closed(_record: ConnectionRecord, report: DisconnectReport | undefined): void {
    if (report !== undefined) this.changed()
  }

  /** Whether one more added peer may be connected to. */
  hasManualSlot(): boolean {
    const { connectOnly, limits } = this.#options
    return connectOnly || this.#parts.table.count('manual') < limits.manual
  }

  /** Dials the added peers whose time has come. */
  #dialAdded(): void {
    const { table, connections, added, logger, isBanned } = this.#parts
    for (const peer of added.due()) {
      if (connectionOf(peer, table) !== undefined) continue
      if (peer.address.network !== 'name' && isBanned(peer.address)) continue
      if (!this.hasManualSlot()) {
        logger.debug({ address: peer.text }, 'no slot for an added peer')
        return
      }
      connections.open({ kind: 'manual', address: peer.address })
    }
  }

  /** Addresses came, or a slot became free: the tables are worth a search again. */
  changed(): void {
    this.#nextSearch = 0
  }

  #fillSlots(phase: Phase): void {
    if (this.#parts.clock.now() < this.#nextSearch) return
    for (let dials = this.#dialsUnderWay(); dials < this.#options.limits.dials; dials++) {
      const wanted = this.#nextWanted(phase)
      if (wanted === undefined || !this.#dial(wanted)) return
    }
  }

  /**
   * Where others have all slots, one more is dialled of whom there are not enough: its address may have come
   * later. The least useful connection goes then (`ExtraOutbound`).
   */
  #dialBeyondSlots(): void {
    const { clock, table } = this.#parts
    const { peersWanted, servicesWanted, limits } = this.#options
    const kind = 'outbound-full-relay'
    if (clock.now() < this.#nextBeyond || limits[kind] === 0 || table.count(kind) !== limits[kind]) return
    const lacking = peersWanted.filter((peers) => this.#connectedTo(peers) < peers.count)
    if (lacking.length === 0) return
    this.#nextBeyond = clock.now() + BEYOND_SLOTS_PAUSE
    const bits = lacking.flatMap(({ services }) => services)
    const plan = this.#planFor(bits, { kind, services: servicesWanted })
    if (plan !== undefined) this.#open(kind, plan)
  }

  /** The most urgent connection that there is a slot for. */
  #nextWanted(phase: Phase): PlanOptions | 'anchor' | undefined {
    const { table } = this.#parts
    const { limits } = this.#options
    const now = this.#parts.clock.now()
    const services = this.#options.servicesWanted
    if (this.#anchors.length > 0) return 'anchor'
    if (table.count('outbound-full-relay') < limits['outbound-full-relay'])
      return { kind: 'outbound-full-relay', services }
    if (table.count('block-relay-only') < limits['block-relay-only'])
      return { kind: 'block-relay-only', services }
    if (this.#parts.staleTip.wantsPeer && table.count('extra') < limits.extra) {
      this.#parts.staleTip.peerDialled()
      return { kind: 'extra', services }
    }
    // A slot number of 0 is a wish for no such connection at all.
    if (limits['block-relay-only'] > 0 && phase.watchesTip && now >= this.#nextBlockRelay) {
      this.#nextBlockRelay = this.#after(EXTRA_BLOCK_RELAY_INTERVAL)
      return { kind: 'block-relay-only', services }
    }
    if (phase.sendsFeelers && now >= this.#nextFeeler && table.count('feeler') < limits.feeler) {
      this.#nextFeeler = this.#after(FEELER_INTERVAL)
      return { kind: 'feeler', services }
    }
    if (limits['outbound-full-relay'] > 0 && phase.watchesTip && now >= this.#nextNetwork) {
      this.#nextNetwork = this.#after(EXTRA_NETWORK_INTERVAL)
      const network = this.#networkWithout()
      if (network !== undefined) return { kind: 'extra', services, network }
    }
    return undefined
  }

  /** @returns whether a dial was begun, and another may be tried. */
  #dial(wanted: PlanOptions | 'anchor'): boolean {
    const { table, connections, addresses, reachable } = this.#parts
    if (wanted === 'anchor') {
      const address = this.#anchors.shift()!
      if (table.to(address) !== undefined || this.#parts.isAvoided(address)) return true
      // Of last time, when another way, or more of them, may have been wanted (Core).
      if (!reachable.has(address.network)) return true
      const services = addresses.get(address)?.services
      connections.open({ kind: 'block-relay-only', address, ...(services !== undefined && { services }) })
      return true
    }
    const plan = this.#plan(wanted)
    if (plan === undefined) {
      this.#nextSearch = this.#parts.clock.now() + SEARCH_PAUSE
      return false
    }
    this.#open(wanted.kind, plan)
    return true
  }

  #open(kind: PlanOptions['kind'], { address, services }: PlannedDial): void {
    const { addresses, connections } = this.#parts
    // Marked before the dial: whatever happens to it, the address is not taken again at once.
    addresses.attempt(address, { countFailure: this.#readyOutbound() >= ONLINE_CONNECTIONS })
    connections.open({ kind, address, services })
  }

  #plan(wanted: PlanOptions): PlannedDial | undefined {
    return this.#planFor(this.#missing(wanted), wanted) ?? planDial(wanted, this.#parts)
  }

  /** An address that offers one of these sets of services besides. */
  #planFor(sets: readonly bigint[], wanted: PlanOptions): PlannedDial | undefined {
    for (const bits of sets) {
      const services = (offered: bigint): bigint => wanted.services(offered) | bits
      const plan = planDial({ ...wanted, services }, this.#parts)
      if (plan !== undefined) return plan
    }
    return undefined
  }

  /**
   * Services of those of whom there are not enough, where one of the last full-relay slots is being filled.
   */
  #missing({ kind }: PlanOptions): bigint[] {
    const { table } = this.#parts
    const { peersWanted, limits } = this.#options
    if (kind !== 'outbound-full-relay') return []
    const free = limits[kind] - table.count(kind)
    let kept = 0
    return peersWanted.flatMap((peers) => {
      const missing = peers.count - this.#connectedTo(peers)
      if (missing <= 0) return []
      kept += missing
      return free <= kept ? peers.services : []
    })
  }

  #connectedTo(peers: WantedPeers): number {
    let count = 0
    for (const { version, kind } of this.#parts.table.ready())
      if (kind !== 'inbound' && isOneOf(peers, version.services)) count += 1
    return count
  }

  /** A reachable network with addresses and without a connection (Core, `MaybePickPreferredNetwork`). */
  #networkWithout(): AddressNetwork | undefined {
    const { table, addresses, random, reachable } = this.#parts
    const connected = new Set<string>()
    for (const { kind, address } of table.all()) {
      const isLasting = kind !== 'inbound' && kind !== 'feeler' && kind !== 'private-broadcast'
      if (isLasting && address !== undefined) connected.add(address.network)
    }
    const { byNetwork } = addresses.counts()
    const missing = [...reachable].filter(
      (network) => !connected.has(network) && byNetwork[network].new + byNetwork[network].tried > 0,
    )
    return missing.length === 0 ? undefined : missing[drawBelow(random, missing.length)]
  }

  #dialsUnderWay(): number {
    let count = 0
    for (const { stage, kind } of this.#parts.table.all()) {
      if (stage === 'dialling' && kind !== 'manual' && kind !== 'private-broadcast') count += 1
    }
    return count
  }

  #readyOutbound(): number {
    let count = 0
    for (const { kind } of this.#parts.table.ready()) if (kind !== 'inbound') count += 1
    return count
  }

  #after(mean: number): Instant {
    return (this.#parts.clock.now() + drawExponential(this.#parts.random, mean)) as Instant
  }
}
