import { type NetworkAddress, type NetworkName, type PeerAddress, Services } from '@sapwood/wire-codec'
import type { AddressNetwork } from '@sapwood/wire-codec'
import type { Channel } from '@sapwood/peer'
import {
  type Clock,
  type WallTime,
  type Logger,
  type Random,
  type Resolver,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { ConnectionKeeper } from '../connections/connection-keeper.ts'
import type { EventSink } from '../events/event-source.ts'
import type { AddressEvents } from '../addresses/address-events.ts'
import type { SeedNotification } from './seed-notification.ts'
import { drawUnit } from '../random/draw.ts'
import type { Bootstrap } from './bootstrap.ts'
import { loadFixedSeeds } from './fixed-seeds.ts'
import { seedSource } from './seed-source.ts'

const DAY = 86_400_000
/** A seed that has not answered by then does not answer. */
export const RESOLVE_TIMEOUT = 30_000
/** Addresses taken from one seed (Core, `CConnman::ThreadDNSAddressSeed`). */
export const MAX_ADDRESSES_PER_SEED = 32
/** What the addresses of seeds are taken to serve (Core, `SeedsServiceFlags`). */
export const SEED_SERVICES: bigint = Services.NETWORK | Services.WITNESS
/** Asks a DNS seed for nodes with those services, by name. */
const SERVICE_FILTER = `x${SEED_SERVICES.toString(16)}`

export interface SeedDriverOptions {
  readonly network: { readonly name: NetworkName; readonly defaultPort: number }
  /** Names are dialled through a proxy and never resolved here. */
  readonly resolvesNames: boolean
}

export interface SeedDriverComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly resolver: Resolver
  readonly addresses: AddressManager
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly events: EventSink<AddressEvents>
  readonly bootstrap: Bootstrap
  readonly loadFixed?: (network: NetworkName) => Promise<readonly NetworkAddress[]>
}

/** Does what the bootstrap says: asks DNS, dials for addresses, takes the fixed seeds. */
export class SeedDriver {
  readonly #options: SeedDriverOptions
  readonly #parts: SeedDriverComponents
  readonly #abort = new AbortController()
  #keeper: ConnectionKeeper | undefined
  #notifications: Pick<Channel<SeedNotification>, 'send'> | undefined

  constructor(options: SeedDriverOptions, components: SeedDriverComponents) {
    this.#options = options
    this.#parts = components
  }

  /** Before the first tick. */
  attach(keeper: ConnectionKeeper, notifications: Pick<Channel<SeedNotification>, 'send'>): void {
    this.#keeper = keeper
    this.#notifications = notifications
  }

  tick(): void {
    const { bootstrap, clock, addresses, reachable } = this.#parts
    const table = this.#keeper!.table
    const { byNetwork } = addresses.counts()
    let known = 0
    for (const network of reachable) known += byNetwork[network].new + byNetwork[network].tried
    let connections = 0
    for (const { kind } of table.ready()) if (kind === 'outbound-full-relay') connections += 1
    for (const action of bootstrap.tick({ now: clock.now(), addresses: known, connections })) {
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
    if (this.#options.resolvesNames) void this.#resolve(seed)
    else this.#fetchFrom({ network: 'name', host: seed, port: this.#options.network.defaultPort })
  }

  #fetchFrom(address: PeerAddress): void {
    if (this.#keeper!.table.to(address) === undefined) this.#keeper!.open({ kind: 'addr-fetch', address })
  }

  async #resolve(seed: string): Promise<void> {
    const { clock, resolver } = this.#parts
    try {
      const addresses = await withDeadline(
        clock,
        RESOLVE_TIMEOUT,
        (signal) => resolver.resolve(`${SERVICE_FILTER}.${seed}`, { signal }),
        { signal: this.#abort.signal },
      )
      await this.#notifications!.send({ type: 'seeded', seed, from: 'dns', addresses })
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      await this.#notifications!.send({ type: 'seeded', seed, from: 'dns', addresses: [], error }).catch(
        () => undefined,
      )
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
    await this.#notifications!.send({ type: 'seeded', seed: 'fixed', from: 'fixed-seeds', addresses }).catch(
      () => undefined,
    )
  }

  /** On the loop: what a seed answered. */
  answered(notification: SeedNotification): void {
    const { addresses, clock, random, logger, events } = this.#parts
    const { seed, from, error } = notification
    if (error !== undefined) logger.warn({ seed, err: error }, 'a DNS seed did not answer')
    const found =
      from === 'dns' ? notification.addresses.slice(0, MAX_ADDRESSES_PER_SEED) : notification.addresses
    const reports = found.map((address) => ({
      address: address.port === 0 ? { ...address, port: this.#portOf(address) } : address,
      services: SEED_SERVICES,
      // An age of 3 to 7 days, or 1 to 2 weeks: what peers tell later is fresher (Core).
      time: (clock.wallTime() -
        (from === 'dns' ? 3 + 4 * drawUnit(random) : 7 + 7 * drawUnit(random)) * DAY) as WallTime,
    }))
    const count = addresses.add(reports, seedSource(seed))
    if (count > 0) events.emit('addresses-added', { count, from })
  }

  #portOf({ network }: NetworkAddress): number {
    return network === 'i2p' ? 0 : this.#options.network.defaultPort
  }

  stop(): void {
    this.#abort.abort(new Error('The node is stopping'))
  }
}
