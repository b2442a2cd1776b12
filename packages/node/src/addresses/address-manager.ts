/**
 * Bitcoin Core's `AddrMan`, as it is since the paper on eclipse attacks (Heilman and others, 2015).
 * https://github.com/bitcoin/bitcoin/blob/master/src/addrman.h
 * https://eprint.iacr.org/2015/263.pdf
 * @module
 */

import { ADDRESS_NETWORKS, type AddressNetwork, isRoutable, type NetworkAddress } from '@sapwood/wire-codec'
import type { TransportProtocol } from '@sapwood/transport-v1v2'
import {
  type Clock,
  DAY,
  drawBelow,
  drawUnit,
  HOUR,
  MINUTE,
  type Random,
  type WallTime,
} from '@sapwood/transport-v1v2/environment'
import { type AddressEntry, entryInfo, isTerrible, selectionChance } from './address-entry.ts'
import type { AddressCounts, AddressInfo } from './address-info.ts'
import { type AddressKey, addressKey } from './address-key.ts'
import {
  type AddressChanges,
  AddressTables,
  MAX_NEW_REFERENCES,
  type RestoredEntry,
} from './address-tables.ts'
import { countByNetwork } from './network-counts.ts'

/** Addresses that may wait for a place in the tried table (Core, `ADDRMAN_SET_TRIED_COLLISION_SIZE`). */
const MAX_COLLISIONS = 10
/** An occupant that answered this recently keeps its place (Core, `ADDRMAN_REPLACEMENT`). */
const REPLACEMENT_WINDOW: number = 4 * HOUR
/** An occupant that nobody could test within this time loses its place (Core, `ADDRMAN_TEST_WINDOW`). */
const TEST_WINDOW: number = 40 * MINUTE
/** A test of an occupant is given this long before it counts as failed (Core). */
const TEST_GRACE = MINUTE
/**
 * Share of all addresses that one answer to `getaddr` may show, in percent (Core, `MAX_PCT_ADDR_TO_SEND`).
 */
export const MAX_SHARED_PERCENT = 23

/** An address that somebody told of. */
export interface AddressReport {
  readonly address: NetworkAddress
  readonly services: bigint
  /** When it was seen alive, as they say. */
  readonly time: WallTime
}

interface SelectOptions {
  /** `new`: only addresses that never worked. Default: either table, each half of the time. */
  readonly table?: 'new'
  /** Default: all. */
  readonly networks?: Iterable<AddressNetwork>
}

/**
 * What came of an address that worked. `collision`: its place in the tried table is taken,
 * and the occupant is to be tested.
 */
type GoodOutcome = 'moved-to-tried' | 'was-tried' | 'collision' | 'unknown'

export interface GoodFacts {
  readonly services?: bigint
  readonly protocol?: TransportProtocol
}

interface SampleOptions {
  /** Of all addresses, at most. Default: 100. */
  readonly maxPercent?: number
  readonly network?: AddressNetwork
}

export interface AddressManagerOptions {
  /** 32 bytes. Default: fresh random ones. */
  readonly secret?: Uint8Array
  /** What was persisted under the same secret. Entries whose places are taken are left out. */
  readonly restore?: Iterable<RestoredEntry>
}

/**
 * The addresses that are known: which are taken in, which move from `new` (heard of) to `tried` (worked), and
 * which is chosen, by Bitcoin Core's rules (`AddrMan`). Where each may stand is for `AddressTables` to say:
 * nobody fills the tables with addresses of his own. Every operation takes a time that does not depend
 * on how many addresses there are, except those that return many.
 */
export class AddressManager {
  /** 32 bytes; decides all places. */
  readonly secret: Uint8Array
  readonly #clock: Clock
  readonly #random: Random
  readonly #tables: AddressTables
  /** Those that worked and whose place in the tried table is taken. */
  readonly #collisions = new Set<AddressKey>()
  /** When any address last worked: failures are counted only while we are online. */
  #lastGood = 0 as WallTime

  constructor(
    options: AddressManagerOptions,
    components: { readonly clock: Clock; readonly random: Random },
  ) {
    this.#clock = components.clock
    this.#random = components.random
    this.secret = options.secret ?? components.random.bytes(32)
    this.#tables = new AddressTables(this.secret, options.restore ?? [])
  }

  get size(): number {
    return this.#tables.all.length
  }

  counts(): AddressCounts {
    return countByNetwork(this.#tables.counts, ADDRESS_NETWORKS)
  }

  get(address: NetworkAddress): AddressInfo | undefined {
    const entry = this.#entry(address)
    return entry && entryInfo(entry)
  }

  entryOf(key: AddressKey): AddressEntry | undefined {
    return this.#tables.get(key)
  }

  /** Everything, for the store. */
  entries(): IterableIterator<AddressEntry> {
    return this.#tables.all.values()
  }

  /** What changed since the last call, for the store. */
  takeChanges(): AddressChanges {
    return this.#tables.takeChanges()
  }

  /** Those changes could not be stored: they are taken again next time. */
  keepChanges(changes: AddressChanges): void {
    this.#tables.keepChanges(changes)
  }

  /** @returns how many of the addresses took a place in the new table. */
  add(reports: readonly AddressReport[], source: NetworkAddress, timePenalty = 0): number {
    let added = 0
    for (const report of reports) if (this.#addOne(report, source, timePenalty)) added += 1
    return added
  }

  #addOne(report: AddressReport, source: NetworkAddress, timePenalty: number): boolean {
    const { address } = report
    if (!isRoutable(address)) return false
    const key = addressKey(address)
    // Whoever speaks of itself knows that it is alive.
    const penalty = key === addressKey(source) ? 0 : timePenalty
    const known = this.#tables.get(key)
    if (known !== undefined && !this.#refresh(known, report, penalty)) return false
    const entry = known ?? this.#tables.insert(newEntry(key, report, source, penalty))

    const place = this.#tables.newPlace(address, source)
    const occupant = this.#tables.at('new', place)
    if (occupant === entry) return false
    const takesPlace =
      occupant === undefined ||
      isTerrible(occupant, this.#clock.wallTime()) ||
      (occupant.newBuckets.size > 1 && entry.newBuckets.size === 0)
    if (takesPlace) this.#tables.putNew(entry, place)
    else if (entry.newBuckets.size === 0) this.#tables.delete(entry)
    return takesPlace
  }

  /** @returns whether the address is to be given one more place. */
  #refresh(entry: AddressEntry, report: AddressReport, penalty: number): boolean {
    const online = this.#clock.wallTime() - report.time < DAY
    const interval = online ? HOUR : DAY
    const isNewer = report.time > entry.time
    if (entry.time < report.time - interval - penalty) {
      entry.time = Math.max(0, report.time - penalty) as WallTime
      this.#tables.touch(entry)
    }
    const services = entry.services | report.services
    if (services !== entry.services) {
      entry.services = services
      this.#tables.touch(entry)
    }
    const references = entry.newBuckets.size
    if (!isNewer || entry.tried || references >= MAX_NEW_REFERENCES) return false
    // Each further place is half as likely: repeating an address gains ever less.
    return drawBelow(this.#random, 2 ** references) === 0
  }

  /** A connection to the address was begun. */
  attempt(address: NetworkAddress, { countFailure }: { readonly countFailure: boolean }): void {
    const entry = this.#entry(address)
    if (entry === undefined) return
    const now = this.#clock.wallTime()
    entry.lastTry = now
    if (countFailure && (entry.lastCountedTry ?? 0) < this.#lastGood) {
      entry.lastCountedTry = now
      entry.attempts += 1
    }
    this.#tables.touch(entry)
  }

  /** A connection to the address had its version handshake. */
  good(address: NetworkAddress, facts: GoodFacts = {}): GoodOutcome {
    this.#lastGood = this.#clock.wallTime()
    const entry = this.#entry(address)
    if (entry === undefined) return 'unknown'
    if (facts.services !== undefined) entry.services = facts.services
    if (facts.protocol !== undefined) entry.protocol = facts.protocol
    return this.#markGood(entry, { testOccupant: true })
  }

  #markGood(entry: AddressEntry, { testOccupant }: { readonly testOccupant: boolean }): GoodOutcome {
    const now = this.#clock.wallTime()
    entry.lastSuccess = now
    entry.lastTry = now
    entry.attempts = 0
    this.#tables.touch(entry)
    if (entry.tried) return 'was-tried'
    if (testOccupant && this.#occupantOf(entry) !== undefined) {
      if (this.#collisions.size < MAX_COLLISIONS) this.#collisions.add(entry.key)
      return 'collision'
    }
    this.#tables.moveToTried(entry)
    return 'moved-to-tried'
  }

  /** A connection to the address ended after it had worked: it was alive until now. */
  seen(address: NetworkAddress): void {
    const entry = this.#entry(address)
    if (entry === undefined) return
    const now = this.#clock.wallTime()
    // Coarse on purpose: exact times would tell others whom we are connected to.
    if (now - entry.time <= 20 * MINUTE) return
    entry.time = now
    this.#tables.touch(entry)
  }

  /** A random address, the likelier the more promising; undefined where there is none. */
  select(options: SelectOptions = {}): AddressInfo | undefined {
    const networks = [...(options.networks ?? ADDRESS_NETWORKS)]
    const { counts } = this.#tables
    const inTried = options.table === 'new' ? 0 : counts.total('tried', networks)
    const inNew = counts.total('new', networks)
    if (inTried + inNew === 0) return undefined
    const useTried = inTried > 0 && (inNew === 0 || drawBelow(this.#random, 2) === 0)
    const now = this.#clock.wallTime()
    // The factor grows until something is kept, however unlikely a choice it is.
    for (let factor = 1; ; factor *= 1.2) {
      const entry = this.#tables.draw(useTried ? 'tried' : 'new', this.#random, networks)
      if (entry === undefined) return undefined
      if (drawUnit(this.#random) < factor * selectionChance(entry, now)) return entryInfo(entry)
    }
  }

  /** An occupant of the tried table whose place a newer address waits for: connect to it to test it. */
  selectCollision(): AddressInfo | undefined {
    if (this.#collisions.size === 0) return undefined
    const keys = [...this.#collisions]
    const key = keys[drawBelow(this.#random, keys.length)]!
    const waiting = this.#tables.get(key)
    if (waiting === undefined) {
      this.#collisions.delete(key)
      return undefined
    }
    const occupant = this.#occupantOf(waiting)
    return occupant && entryInfo(occupant)
  }

  /** Lets waiting addresses take their places where the occupant failed its test. */
  resolveCollisions(): void {
    const now = this.#clock.wallTime()
    for (const key of [...this.#collisions]) {
      const waiting = this.#tables.get(key)
      if (waiting === undefined || waiting.tried) {
        this.#collisions.delete(key)
        continue
      }
      const verdict = judgeOccupant(this.#occupantOf(waiting), waiting, now)
      if (verdict === 'wait') continue
      if (verdict === 'replace') this.#markGood(waiting, { testOccupant: false })
      this.#collisions.delete(key)
    }
  }

  /** Random addresses that are not terrible, for an answer to `getaddr`. */
  sample(maxCount: number, options: SampleOptions = {}): AddressInfo[] {
    const { all } = this.#tables
    const count = Math.min(maxCount, Math.floor((all.length * (options.maxPercent ?? 100)) / 100))
    const now = this.#clock.wallTime()
    const found: AddressInfo[] = []
    // A shuffle that stops when enough is found.
    for (let index = 0; index < all.length && found.length < count; index++) {
      this.#tables.swap(index, index + drawBelow(this.#random, all.length - index))
      const entry = all[index]!
      if (options.network !== undefined && entry.address.network !== options.network) continue
      if (!isTerrible(entry, now)) found.push(entryInfo(entry))
    }
    return found
  }

  #entry(address: NetworkAddress): AddressEntry | undefined {
    return this.#tables.get(addressKey(address))
  }

  /** Who has the place of the tried table that an address would take. */
  #occupantOf(entry: AddressEntry): AddressEntry | undefined {
    return this.#tables.at('tried', this.#tables.triedPlace(entry))
  }
}

/** An address of which nothing is known but what was told. */
function newEntry(
  key: AddressKey,
  report: AddressReport,
  source: NetworkAddress,
  penalty: number,
): Omit<AddressEntry, 'index'> {
  return {
    key,
    address: ownAddress(report.address),
    source: ownAddress(source),
    services: report.services,
    time: Math.max(0, report.time - penalty) as WallTime,
    lastTry: undefined,
    lastCountedTry: undefined,
    lastSuccess: undefined,
    attempts: 0,
    protocol: undefined,
    tried: false,
    stored: false,
    newBuckets: new Set(),
  }
}

/** Whether an address that waits for an occupant's place may have it now (Core, `ResolveCollisions_`). */
function judgeOccupant(
  occupant: AddressEntry | undefined,
  waiting: AddressEntry,
  now: WallTime,
): 'replace' | 'keep' | 'wait' {
  if (occupant === undefined) return 'replace'
  if (now - (occupant.lastSuccess ?? 0) < REPLACEMENT_WINDOW) return 'keep'
  const sinceTest = now - (occupant.lastTry ?? 0)
  if (sinceTest < REPLACEMENT_WINDOW) return sinceTest > TEST_GRACE ? 'replace' : 'wait'
  return now - (waiting.lastSuccess ?? 0) > TEST_WINDOW ? 'replace' : 'wait'
}

/** A copy that does not keep the message alive that the address came in. */
function ownAddress(address: NetworkAddress): NetworkAddress {
  return { network: address.network, bytes: address.bytes.slice(), port: address.port }
}
