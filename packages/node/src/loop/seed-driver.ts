import { type NetworkAddress, type NetworkName, type PeerAddress, Services } from '@sapwood/wire-codec'
import type { AddressNetwork } from '@sapwood/wire-codec'
import {
  type Clock,
  DAY,
  drawUnit,
  type Instant,
  type Logger,
  type Random,
  type Resolver,
  type WallTime,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import { canonicalAddress } from '../addresses/canonical-address.ts'
import type { AddressEvents } from '../addresses/address-events.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import {
  type Bootstrap,
  type BootstrapOptions,
  createBootstrap,
  ENOUGH_CONNECTIONS,
} from '../addresses/bootstrap/bootstrap.ts'
import { loadFixedSeeds } from '../addresses/bootstrap/fixed-seeds.ts'
import { seedSource } from '../addresses/bootstrap/seed-source.ts'
import type { ConnectionManager } from '../connections/connection-manager.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import type { EventSink } from '../events/event-source.ts'
import type { CallQueue } from './call-queue.ts'
import type { NodePart } from './node-part.ts'

/** A seed that has not answered by then does not answer. */
const RESOLVE_TIMEOUT = 30_000
/** Addresses taken from one seed (Core, `CConnman::ThreadDNSAddressSeed`). */
const MAX_ADDRESSES_PER_SEED = 32
/** What the addresses of seeds are taken to serve (Core, `SeedsServiceFlags`). */
const SEED_SERVICES: bigint = Services.NETWORK | Services.WITNESS

export interface SeedDriverOptions extends BootstrapOptions {
  readonly network: { readonly name: NetworkName; readonly defaultPort: number }
  /** Names are dialled through a proxy and never resolved here. */
  readonly resolvesNames: boolean
  /** Services of which some peers are wanted: seeds are asked for those by name, besides. */
  readonly servicesWanted?: readonly bigint[]
}

export interface SeedDriverComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly resolver: Resolver
  readonly addresses: AddressManager
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly events: EventSink<AddressEvents>
  readonly table: ConnectionTable
  readonly connections: Pick<ConnectionManager, 'open'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly calls: Pick<CallQueue, 'post'>
  /** The address tables have been added to. */
  readonly onAdded: () => void
  readonly loadFixed?: (network: NetworkName) => Promise<readonly NetworkAddress[]>
}

/** Does what the bootstrap says: asks DNS, dials for addresses, takes the fixed seeds. */
export class SeedDriver implements NodePart {
  readonly #options: SeedDriverOptions
  readonly #parts: SeedDriverComponents
  readonly #bootstrap: Bootstrap
  readonly #abort = new AbortController()
  /** Seeds that know no names of our services: the next tick connects to what their plain name stands for. */
  readonly #withoutAnswer = new Set<string>()

  constructor(options: SeedDriverOptions, components: SeedDriverComponents) {
    this.#options = options
    this.#parts = components
    this.#bootstrap = createBootstrap(options)
  }

  tick(now: Instant): void {
    const { networkSwitch, addresses, reachable, table } = this.#parts
    if (!networkSwitch.isOn) return
    const { byNetwork } = addresses.counts()
    let known = 0
    for (const network of reachable) known += byNetwork[network].new + byNetwork[network].tried
    const connections = table.countReady('outbound-full-relay')
    if (connections < ENOUGH_CONNECTIONS)
      for (const seed of this.#withoutAnswer) this.#fetchFrom(this.#named(seed))
    this.#withoutAnswer.clear()
    for (const action of this.#bootstrap.tick({ now, addresses: known, connections })) {
      switch (action.type) {
        case 'ask-dns':
          this.#askDns(action.seed)
          break
        case 'address-fetch':
          this.#fetchFrom(action.address)
          break
        case 'fixed-seeds':
          void this.#takeFixedSeeds()
          break
      }
    }
  }

  #askDns(seed: string): void {
    const { resolvesNames, servicesWanted = [] } = this.#options
    if (!resolvesNames) return this.#fetchFrom(this.#named(seed))
    void this.#resolve(seed, SEED_SERVICES)
    for (const wanted of servicesWanted) void this.#resolve(seed, SEED_SERVICES | wanted)
  }

  #named(seed: string): PeerAddress {
    return { network: 'name', host: seed, port: this.#options.network.defaultPort }
  }

  #fetchFrom(address: PeerAddress): void {
    const { table, connections } = this.#parts
    if (table.to(address) === undefined) connections.open({ kind: 'addr-fetch', address })
  }

  /** Asks a DNS seed for nodes with those services, by name. */
  async #resolve(seed: string, services: bigint): Promise<void> {
    const { clock, resolver } = this.#parts
    try {
      const addresses = await withDeadline(
        clock,
        RESOLVE_TIMEOUT,
        (signal) => resolver.resolve(`x${services.toString(16)}.${seed}`, { signal }),
        { signal: this.#abort.signal },
      )
      // A resolver may be a program's own, and what it gives of any size and form.
      this.#answer(seed, 'dns', addresses.flatMap(ipAddress).slice(0, MAX_ADDRESSES_PER_SEED), services)
    } catch (error) {
      this.#parts.logger.warn({ seed, err: error }, 'a DNS seed did not answer')
      this.#answer(seed, 'dns', [], services)
    }
  }

  async #takeFixedSeeds(): Promise<void> {
    const { name } = this.#options.network
    const load = this.#parts.loadFixed ?? loadFixedSeeds
    // A list that does not load, in a bundle without it for one, is no reason for the program to end.
    const addresses = await load(name).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error }, 'the fixed seeds could not be read')
      return []
    })
    this.#answer('fixed', 'fixed-seeds', addresses, SEED_SERVICES)
  }

  #answer(
    seed: string,
    from: 'dns' | 'fixed-seeds',
    answer: readonly NetworkAddress[],
    services: bigint,
  ): void {
    this.#parts.calls.post('seeded', () => this.#take(seed, from, answer, services))
  }

  #take(
    seed: string,
    from: 'dns' | 'fixed-seeds',
    answer: readonly NetworkAddress[],
    services: bigint,
  ): void {
    const { addresses, clock, random, events, onAdded } = this.#parts
    // Core (`ThreadDNSAddressSeed`): a seed that does not filter by services
    // may know nodes by its plain name.
    if (from === 'dns' && answer.length === 0 && services === SEED_SERVICES) this.#withoutAnswer.add(seed)
    const reports = answer.map((address) => ({
      address: address.port === 0 ? { ...address, port: this.#portOf(address) } : address,
      services,
      // An age of 3 to 7 days, or 1 to 2 weeks: what peers tell later is fresher (Core).
      time: (clock.wallTime() -
        (from === 'dns' ? 3 + 4 * drawUnit(random) : 7 + 7 * drawUnit(random)) * DAY) as WallTime,
    }))
    const count = addresses.add(reports, seedSource(seed))
    onAdded()
    if (count > 0) events.emit('addresses-added', { count, from })
  }

  #portOf({ network }: NetworkAddress): number {
    return network === 'i2p' ? 0 : this.#options.network.defaultPort
  }

  stop(): void {
    this.#abort.abort(new Error('The node is stopping'))
  }
}

function ipAddress(found: NetworkAddress): readonly NetworkAddress[] {
  const address = canonicalAddress(found)
  return address?.network === 'ipv4' || address?.network === 'ipv6' ? [address] : []
}
