import { type AddressNetwork, isRoutable, type NetworkAddress } from '@sapwood/wire-codec'
import type { TransportProtocol } from '@sapwood/transport-v1v2'
import {
  drawBelow,
  drawUnit,
  type Clock,
  type WallTime,
  type Random,
} from '@sapwood/transport-v1v2/environment'
import { type AddressEntry, entryInfo, isTerrible, selectionChance } from './address-entry.ts'
import type { AddressCounts, AddressInfo } from './address-info.ts'
import { type AddressKey, addressKey } from './address-key.ts'
import { createBucketHash, NEW_BUCKET_COUNT, TRIED_BUCKET_COUNT } from './bucket-hash.ts'
import { BucketTable } from './bucket-table.ts'
import { countByNetwork, NetworkCounts } from './network-counts.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Places in the new table that may refer to one address (Core, `ADDRMAN_NEW_BUCKETS_PER_ADDRESS`). */
export const MAX_NEW_REFERENCES = 8
/** Addresses that may wait for a place in the tried table (Core, `ADDRMAN_SET_TRIED_COLLISION_SIZE`). */
export const MAX_COLLISIONS = 10
/** An occupant that answered this recently keeps its place (Core, `ADDRMAN_REPLACEMENT`). */
export const REPLACEMENT_WINDOW: number = 4 * HOUR
/** An occupant that nobody could test within this time loses its place (Core, `ADDRMAN_TEST_WINDOW`). */
export const TEST_WINDOW: number = 40 * MINUTE
/** A test of an occupant is given this long before it counts as failed (Core). */
const TEST_GRACE = MINUTE
/**
 * Share of all addresses that one answer to `getaddr` may show, in percent (Core, `MAX_PCT_ADDR_TO_SEND`).
 */
export const MAX_SHARED_PERCENT = 23
const ALL_NETWORKS: readonly AddressNetwork[] = ['ipv4', 'ipv6', 'torv3', 'i2p', 'cjdns', 'yggdrasil']

/** An address that somebody told of. */
export interface AddressReport {
  readonly address: NetworkAddress
  readonly services: bigint
  /** When it was seen alive, as they say. */
  readonly time: WallTime
}

export interface SelectOptions {
  /** `new`: only addresses that never worked. Default: either table, each half of the time. */
  readonly table?: 'new'
  /** Default: all. */
  readonly networks?: Iterable<AddressNetwork>
}

/**
 * What came of an address that worked. `collision`: its place in the tried table is taken,
 * and the occupant is to be tested.
 */
export type GoodOutcome = 'moved-to-tried' | 'was-tried' | 'collision' | 'unknown'

/**
 * The addresses that are known, in Bitcoin Core's two tables: `new` (heard of) and `tried` (worked). Which
 * place an address may take depends on a secret key, on its netgroup and on its source's, so that nobody
 * fills the tables with addresses of his own. Every operation takes a time that does not depend on how many
 * addresses there are, except those that return many.
 */
export interface AddressManager {
  readonly size: number
  counts(): AddressCounts
  get(address: NetworkAddress): AddressInfo | undefined
  /** @returns how many of the addresses took a place in the new table. */
  add(reports: readonly AddressReport[], source: NetworkAddress, timePenalty?: number): number
  /** A connection to the address was begun. */
  attempt(address: NetworkAddress, options: { readonly countFailure: boolean }): void
  /** A connection to the address had its version handshake. */
  good(address: NetworkAddress, facts?: GoodFacts): GoodOutcome
  /** A connection to the address ended after it had worked: it was alive until now. */
  seen(address: NetworkAddress): void
  /** A random address, the likelier the more promising; undefined where there is none. */
  select(options?: SelectOptions): AddressInfo | undefined
  /** An occupant of the tried table whose place a newer address waits for: connect to it to test it. */
  selectCollision(): AddressInfo | undefined
  /** Lets waiting addresses take their places where the occupant failed its test. */
  resolveCollisions(): void
  /** Random addresses that are not terrible, for an answer to `getaddr`. */
  sample(maxCount: number, options?: SampleOptions): AddressInfo[]
  /** Everything, for the store. */
  entries(): IterableIterator<AddressEntry>
  /** The keys of what changed since the last call, for the store; a key that is gone was removed. */
  takeChanges(): AddressKey[]
  /** Those changes could not be stored: they are taken again next time. */
  keepChanges(keys: readonly AddressKey[]): void
  entryOf(key: AddressKey): AddressEntry | undefined
  /** 32 bytes; decides all places. */
  readonly secret: Uint8Array
}

export interface GoodFacts {
  readonly services?: bigint
  readonly protocol?: TransportProtocol
}

export interface SampleOptions {
  /** Of all addresses, at most. Default: 100. */
  readonly maxPercent?: number
  readonly network?: AddressNetwork
}

/** An address as it was persisted. */
export type RestoredEntry = Omit<AddressEntry, 'index' | 'key' | 'newBuckets' | 'tried'> & {
  readonly tried: boolean
  readonly newBuckets: readonly number[]
}

export interface AddressManagerOptions {
  /** 32 bytes. Default: fresh random ones. */
  readonly secret?: Uint8Array
  /** What was persisted under the same secret. Entries whose places are taken are left out. */
  readonly restore?: Iterable<RestoredEntry>
}

/** Makes an address manager, empty or with what was persisted. */
export function createAddressManager(
  options: AddressManagerOptions,
  components: { readonly clock: Clock; readonly random: Random },
): AddressManager {
  return new BucketedAddressManager(options, components)
}

class BucketedAddressManager implements AddressManager {
  readonly secret: Uint8Array
  readonly #clock: Clock
  readonly #random: Random
  readonly #hash: ReturnType<typeof createBucketHash>
  readonly #new = new BucketTable(NEW_BUCKET_COUNT)
  readonly #tried = new BucketTable(TRIED_BUCKET_COUNT)
  readonly #byKey = new Map<AddressKey, AddressEntry>()
  readonly #all: AddressEntry[] = []
  readonly #counts = new NetworkCounts()
  readonly #collisions = new Set<AddressKey>()
  readonly #changed = new Set<AddressKey>()
  /** When any address last worked: failures are counted only while we are online. */
  #lastGood = 0 as WallTime

  constructor(
    options: AddressManagerOptions,
    components: { readonly clock: Clock; readonly random: Random },
  ) {
    this.#clock = components.clock
    this.#random = components.random
    this.secret = options.secret ?? components.random.bytes(32)
    this.#hash = createBucketHash(this.secret)
    for (const entry of options.restore ?? []) this.#restore(entry)
    this.#changed.clear()
  }

  get size(): number {
    return this.#all.length
  }

  counts(): AddressCounts {
    return countByNetwork(this.#counts, ALL_NETWORKS)
  }

  get(address: NetworkAddress): AddressInfo | undefined {
    const entry = this.#byKey.get(addressKey(address))
    return entry === undefined ? undefined : entryInfo(entry)
  }

  entryOf(key: AddressKey): AddressEntry | undefined {
    return this.#byKey.get(key)
  }

  entries(): IterableIterator<AddressEntry> {
    return this.#all.values()
  }

  takeChanges(): AddressKey[] {
    const changes = [...this.#changed]
    this.#changed.clear()
    return changes
  }

  keepChanges(keys: readonly AddressKey[]): void {
    for (const key of keys) this.#changed.add(key)
  }

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
    const known = this.#byKey.get(key)
    if (known !== undefined && !this.#refresh(known, report, penalty)) return false
    const entry = known ?? this.#create(key, report, source, penalty)

    const bucket = this.#hash.newBucket(address, source)
    const position = this.#hash.position(address, 'new', bucket)
    const occupant = this.#new.at(bucket, position)
    if (occupant === entry) return false
    const takesPlace =
      occupant === undefined ||
      isTerrible(occupant, this.#clock.wallTime()) ||
      (occupant.newBuckets.size > 1 && entry.newBuckets.size === 0)
    if (takesPlace) {
      this.#clearNew(bucket, position)
      this.#putNew(entry, bucket, position)
    } else if (entry.newBuckets.size === 0) {
      this.#delete(entry)
    }
    return takesPlace
  }

  /** @returns whether the address is to be given one more place. */
  #refresh(entry: AddressEntry, report: AddressReport, penalty: number): boolean {
    const online = this.#clock.wallTime() - report.time < DAY
    const interval = online ? HOUR : DAY
    const isNewer = report.time > entry.time
    if (entry.time < report.time - interval - penalty) {
      entry.time = Math.max(0, report.time - penalty) as WallTime
      this.#changed.add(entry.key)
    }
    const services = entry.services | report.services
    if (services !== entry.services) {
      entry.services = services
      this.#changed.add(entry.key)
    }
    const references = entry.newBuckets.size
    if (!isNewer || entry.tried || references >= MAX_NEW_REFERENCES) return false
    // Each further place is half as likely: repeating an address gains ever less.
    return drawBelow(this.#random, 2 ** references) === 0
  }

  attempt(address: NetworkAddress, { countFailure }: { readonly countFailure: boolean }): void {
    const entry = this.#byKey.get(addressKey(address))
    if (entry === undefined) return
    const now = this.#clock.wallTime()
    entry.lastTry = now
    if (countFailure && (entry.lastCountedTry ?? 0) < this.#lastGood) {
      entry.lastCountedTry = now
      entry.attempts += 1
    }
    this.#changed.add(entry.key)
  }

  good(address: NetworkAddress, facts: GoodFacts = {}): GoodOutcome {
    this.#lastGood = this.#clock.wallTime()
    const entry = this.#byKey.get(addressKey(address))
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
    this.#changed.add(entry.key)
    if (entry.tried) return 'was-tried'
    const { bucket, position } = this.#triedPlace(entry)
    if (testOccupant && this.#tried.at(bucket, position) !== undefined) {
      if (this.#collisions.size < MAX_COLLISIONS) this.#collisions.add(entry.key)
      return 'collision'
    }
    this.#moveToTried(entry, bucket, position)
    return 'moved-to-tried'
  }

  seen(address: NetworkAddress): void {
    const entry = this.#byKey.get(addressKey(address))
    if (entry === undefined) return
    const now = this.#clock.wallTime()
    // Coarse on purpose: exact times would tell others whom we are connected to.
    if (now - entry.time <= 20 * MINUTE) return
    entry.time = now
    this.#changed.add(entry.key)
  }

  select(options: SelectOptions = {}): AddressInfo | undefined {
    const networks = [...(options.networks ?? ALL_NETWORKS)]
    const inTried = options.table === 'new' ? 0 : this.#counts.total('tried', networks)
    const inNew = this.#counts.total('new', networks)
    if (inTried + inNew === 0) return undefined
    const useTried = inTried > 0 && (inNew === 0 || drawBelow(this.#random, 2) === 0)
    const table = useTried ? this.#tried : this.#new
    const now = this.#clock.wallTime()
    // The factor grows until something is kept, however unlikely a choice it is.
    for (let factor = 1; ; factor *= 1.2) {
      const entry = table.draw(this.#random, networks)
      if (entry === undefined) return undefined
      if (drawUnit(this.#random) < factor * selectionChance(entry, now)) return entryInfo(entry)
    }
  }

  selectCollision(): AddressInfo | undefined {
    if (this.#collisions.size === 0) return undefined
    const keys = [...this.#collisions]
    const key = keys[drawBelow(this.#random, keys.length)]!
    const waiting = this.#byKey.get(key)
    if (waiting === undefined) {
      this.#collisions.delete(key)
      return undefined
    }
    const { bucket, position } = this.#triedPlace(waiting)
    const occupant = this.#tried.at(bucket, position)
    return occupant === undefined ? undefined : entryInfo(occupant)
  }

  resolveCollisions(): void {
    const now = this.#clock.wallTime()
    for (const key of [...this.#collisions]) {
      const waiting = this.#byKey.get(key)
      if (waiting === undefined || waiting.tried) {
        this.#collisions.delete(key)
        continue
      }
      const { bucket, position } = this.#triedPlace(waiting)
      const verdict = judgeOccupant(this.#tried.at(bucket, position), waiting, now)
      if (verdict === 'wait') continue
      if (verdict === 'replace') this.#markGood(waiting, { testOccupant: false })
      this.#collisions.delete(key)
    }
  }

  sample(maxCount: number, options: SampleOptions = {}): AddressInfo[] {
    const count = Math.min(maxCount, Math.floor((this.#all.length * (options.maxPercent ?? 100)) / 100))
    const now = this.#clock.wallTime()
    const found: AddressInfo[] = []
    // A shuffle that stops when enough is found.
    for (let index = 0; index < this.#all.length && found.length < count; index++) {
      this.#swap(index, index + drawBelow(this.#random, this.#all.length - index))
      const entry = this.#all[index]!
      if (options.network !== undefined && entry.address.network !== options.network) continue
      if (!isTerrible(entry, now)) found.push(entryInfo(entry))
    }
    return found
  }

  #swap(a: number, b: number): void {
    const first = this.#all[a]!
    const second = this.#all[b]!
    this.#all[a] = second
    this.#all[b] = first
    second.index = a
    first.index = b
  }

  #create(key: AddressKey, report: AddressReport, source: NetworkAddress, penalty: number): AddressEntry {
    const entry: AddressEntry = {
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
      newBuckets: new Set(),
      index: this.#all.length,
    }
    this.#insert(entry)
    return entry
  }

  #insert(entry: AddressEntry): void {
    this.#all.push(entry)
    this.#byKey.set(entry.key, entry)
    this.#counts.add(entry.address.network, entry.tried ? 'tried' : 'new', 1)
    this.#changed.add(entry.key)
  }

  #delete(entry: AddressEntry): void {
    this.#swap(entry.index, this.#all.length - 1)
    this.#all.pop()
    this.#byKey.delete(entry.key)
    this.#counts.add(entry.address.network, entry.tried ? 'tried' : 'new', -1)
    this.#changed.add(entry.key)
  }

  #putNew(entry: AddressEntry, bucket: number, position: number): void {
    this.#new.put(bucket, position, entry)
    entry.newBuckets.add(bucket)
    this.#changed.add(entry.key)
  }

  /** Empties a place of the new table; who had no other is forgotten. */
  #clearNew(bucket: number, position: number): void {
    const occupant = this.#new.at(bucket, position)
    if (occupant === undefined) return
    this.#new.clear(bucket, position)
    occupant.newBuckets.delete(bucket)
    this.#changed.add(occupant.key)
    if (occupant.newBuckets.size === 0) this.#delete(occupant)
  }

  #triedPlace(entry: AddressEntry): { bucket: number; position: number } {
    const bucket = this.#hash.triedBucket(entry.address)
    return { bucket, position: this.#hash.position(entry.address, 'tried', bucket) }
  }

  #moveToTried(entry: AddressEntry, bucket: number, position: number): void {
    for (const newBucket of entry.newBuckets) {
      this.#new.clear(newBucket, this.#hash.position(entry.address, 'new', newBucket))
    }
    entry.newBuckets.clear()
    const occupant = this.#tried.at(bucket, position)
    if (occupant !== undefined) this.#moveBackToNew(occupant, bucket, position)
    this.#tried.put(bucket, position, entry)
    this.#setTried(entry, true)
  }

  #moveBackToNew(entry: AddressEntry, triedBucket: number, triedPosition: number): void {
    this.#tried.clear(triedBucket, triedPosition)
    this.#setTried(entry, false)
    const bucket = this.#hash.newBucket(entry.address, entry.source)
    const position = this.#hash.position(entry.address, 'new', bucket)
    this.#clearNew(bucket, position)
    this.#putNew(entry, bucket, position)
  }

  #setTried(entry: AddressEntry, tried: boolean): void {
    this.#counts.add(entry.address.network, entry.tried ? 'tried' : 'new', -1)
    entry.tried = tried
    this.#counts.add(entry.address.network, tried ? 'tried' : 'new', 1)
    this.#changed.add(entry.key)
  }

  #restore(saved: RestoredEntry): void {
    const key = addressKey(saved.address)
    if (this.#byKey.has(key) || !isRoutable(saved.address)) return
    const entry: AddressEntry = {
      ...saved,
      key,
      tried: saved.tried,
      newBuckets: new Set(),
      index: this.#all.length,
    }
    if (saved.tried) {
      const { bucket, position } = this.#triedPlace(entry)
      if (this.#tried.at(bucket, position) !== undefined) return
      this.#insert(entry)
      this.#tried.put(bucket, position, entry)
      return
    }
    const places = saved.newBuckets
      .filter((bucket) => bucket >= 0 && bucket < NEW_BUCKET_COUNT)
      .slice(0, MAX_NEW_REFERENCES)
      .map((bucket) => ({ bucket, position: this.#hash.position(entry.address, 'new', bucket) }))
      .filter(({ bucket, position }) => this.#new.at(bucket, position) === undefined)
    if (places.length === 0) return
    this.#insert(entry)
    for (const { bucket, position } of places) {
      if (!entry.newBuckets.has(bucket)) this.#putNew(entry, bucket, position)
    }
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
