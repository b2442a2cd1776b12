/**
 * The tables of Bitcoin Core's `AddrMan`.
 * https://github.com/bitcoin/bitcoin/blob/master/src/addrman_impl.h
 * @module
 */

import { type AddressNetwork, isRoutable, type NetworkAddress } from '@sapwood/wire-codec'
import type { Random } from '@sapwood/transport-v1v2/environment'
import type { AddressEntry } from './address-entry.ts'
import { type AddressKey, addressKey } from './address-key.ts'
import { BUCKET_SIZE, createBucketHash, NEW_BUCKET_COUNT, TRIED_BUCKET_COUNT } from './bucket-hash.ts'
import { BucketTable } from './bucket-table.ts'
import { NetworkCounts } from './network-counts.ts'

/** Places in the new table that may refer to one address (Core, `ADDRMAN_NEW_BUCKETS_PER_ADDRESS`). */
export const MAX_NEW_REFERENCES = 8

/**
 * Changes remembered for a store that cannot take them, at most: as many as there are places. Of more it is
 * written anew as a whole.
 */
const MAX_CHANGES: number = (NEW_BUCKET_COUNT + TRIED_BUCKET_COUNT) * BUCKET_SIZE

/** What the store has to be told of: the keys of what changed, of which one that is gone was removed. */
export type AddressChanges = readonly AddressKey[] | 'everything'

/** A place in one of the tables. */
export interface Place {
  readonly bucket: number
  readonly position: number
}

/** An address as it was persisted. */
export type RestoredEntry = Omit<AddressEntry, 'index' | 'key' | 'newBuckets' | 'tried' | 'stored'> & {
  readonly tried: boolean
  readonly newBuckets: readonly number[]
}

/**
 * All addresses, and Bitcoin Core's two tables of places for them: `new` (heard of) and `tried` (worked).
 * Which place an address may take depends on a secret key, on its netgroup and on its source's. Keeps the
 * tables, the list and the counts in step, and remembers what has changed; says nothing about who deserves a
 * place.
 */
export class AddressTables {
  readonly #hash: ReturnType<typeof createBucketHash>
  readonly #new = new BucketTable(NEW_BUCKET_COUNT)
  readonly #tried = new BucketTable(TRIED_BUCKET_COUNT)
  readonly #byKey = new Map<AddressKey, AddressEntry>()
  readonly #all: AddressEntry[] = []
  readonly #changed = new Set<AddressKey>()
  /** More has changed than is remembered. */
  #allChanged = false
  /** How many there are of each network in each table. */
  readonly counts: NetworkCounts = new NetworkCounts()

  /** @param secret 32 bytes. @param restore Entries whose places are taken are left out. */
  constructor(secret: Uint8Array, restore: Iterable<RestoredEntry>) {
    this.#hash = createBucketHash(secret)
    for (const entry of restore) this.#restore(entry)
    this.#changed.clear()
  }

  /** Every address, in no order that means anything. */
  get all(): readonly AddressEntry[] {
    return this.#all
  }

  get(key: AddressKey): AddressEntry | undefined {
    return this.#byKey.get(key)
  }

  /** Where the new table has a place for an address that this source told of. */
  newPlace(address: NetworkAddress, source: NetworkAddress): Place {
    const bucket = this.#hash.newBucket(address, source)
    return { bucket, position: this.#hash.position(address, 'new', bucket) }
  }

  /** Where the tried table has a place for an address. */
  triedPlace({ address }: AddressEntry): Place {
    const bucket = this.#hash.triedBucket(address)
    return { bucket, position: this.#hash.position(address, 'tried', bucket) }
  }

  at(table: 'new' | 'tried', { bucket, position }: Place): AddressEntry | undefined {
    return (table === 'new' ? this.#new : this.#tried).at(bucket, position)
  }

  /** A random entry of one of the networks, the same chance for each bucket. */
  draw(
    table: 'new' | 'tried',
    random: Random,
    networks: readonly AddressNetwork[],
  ): AddressEntry | undefined {
    return (table === 'new' ? this.#new : this.#tried).draw(random, networks)
  }

  /** Takes in an address that has no place yet. */
  insert(facts: Omit<AddressEntry, 'index'>): AddressEntry {
    // The store may hold what was forgotten a moment ago.
    const stored = facts.stored || this.#changed.has(facts.key)
    const entry: AddressEntry = { ...facts, stored, index: this.#all.length }
    this.#all.push(entry)
    this.#byKey.set(entry.key, entry)
    this.counts.add(entry.address.network, tableOf(entry), 1)
    this.touch(entry)
    return entry
  }

  /** Forgets an address that has no place, or none any more. */
  delete(entry: AddressEntry): void {
    this.swap(entry.index, this.#all.length - 1)
    this.#all.pop()
    this.#byKey.delete(entry.key)
    this.counts.add(entry.address.network, tableOf(entry), -1)
    // Of what the store never had it need not hear: others fill this list as fast as they name addresses.
    if (entry.stored) this.touch(entry)
    else this.#changed.delete(entry.key)
  }

  /** Changes places in the list. */
  swap(a: number, b: number): void {
    const first = this.#all[a]!
    const second = this.#all[b]!
    this.#all[a] = second
    this.#all[b] = first
    second.index = a
    first.index = b
  }

  /** Gives an address a place of the new table; who had it loses it. */
  putNew(entry: AddressEntry, place: Place): void {
    this.#clearNew(place)
    this.#new.put(place.bucket, place.position, entry)
    entry.newBuckets.add(place.bucket)
    this.touch(entry)
  }

  /** Empties a place of the new table; who had no other is forgotten. */
  #clearNew({ bucket, position }: Place): void {
    const occupant = this.#new.at(bucket, position)
    if (occupant === undefined) return
    this.#new.clear(bucket, position)
    occupant.newBuckets.delete(bucket)
    this.touch(occupant)
    if (occupant.newBuckets.size === 0) this.delete(occupant)
  }

  /** An address leaves the new table for its place in the tried one; who had that goes back. */
  moveToTried(entry: AddressEntry): void {
    for (const bucket of entry.newBuckets) {
      this.#new.clear(bucket, this.#hash.position(entry.address, 'new', bucket))
    }
    entry.newBuckets.clear()
    const place = this.triedPlace(entry)
    const occupant = this.at('tried', place)
    if (occupant !== undefined) this.#moveBackToNew(occupant, place)
    this.#tried.put(place.bucket, place.position, entry)
    this.#setTried(entry, true)
  }

  #moveBackToNew(entry: AddressEntry, { bucket, position }: Place): void {
    this.#tried.clear(bucket, position)
    this.#setTried(entry, false)
    this.putNew(entry, this.newPlace(entry.address, entry.source))
  }

  #setTried(entry: AddressEntry, tried: boolean): void {
    this.counts.add(entry.address.network, tableOf(entry), -1)
    entry.tried = tried
    this.counts.add(entry.address.network, tableOf(entry), 1)
    this.touch(entry)
  }

  /** The entry has changed: the store has to hear of it. */
  touch({ key }: AddressEntry): void {
    this.#noteChange(key)
  }

  /** What changed since the last call. */
  takeChanges(): AddressChanges {
    const changes = this.#allChanged ? 'everything' : [...this.#changed]
    this.#allChanged = false
    this.#changed.clear()
    const entries = changes === 'everything' ? this.#all : changes.map((key) => this.#byKey.get(key))
    for (const entry of entries) if (entry !== undefined) entry.stored = true
    return changes
  }

  /** Those changes could not be stored: they are taken again next time. */
  keepChanges(changes: AddressChanges): void {
    if (changes === 'everything') this.#changedAll()
    else for (const key of changes) this.#noteChange(key)
  }

  #noteChange(key: AddressKey): void {
    if (this.#allChanged) return
    this.#changed.add(key)
    if (this.#changed.size > MAX_CHANGES) this.#changedAll()
  }

  #changedAll(): void {
    this.#allChanged = true
    this.#changed.clear()
  }

  #restore(saved: RestoredEntry): void {
    const { address } = saved
    const key = addressKey(address)
    if (this.#byKey.has(key) || !isRoutable(address)) return
    const facts = { ...saved, key, stored: true, newBuckets: new Set<number>() }
    if (saved.tried) {
      const bucket = this.#hash.triedBucket(address)
      const position = this.#hash.position(address, 'tried', bucket)
      if (this.#tried.at(bucket, position) === undefined) {
        this.#tried.put(bucket, position, this.insert(facts))
      }
      return
    }
    const places = saved.newBuckets
      .filter((bucket) => bucket >= 0 && bucket < NEW_BUCKET_COUNT)
      .slice(0, MAX_NEW_REFERENCES)
      .map((bucket): Place => ({ bucket, position: this.#hash.position(address, 'new', bucket) }))
      .filter((place) => this.at('new', place) === undefined)
    if (places.length === 0) return
    const entry = this.insert(facts)
    for (const place of places) if (!entry.newBuckets.has(place.bucket)) this.putNew(entry, place)
  }
}

function tableOf({ tried }: AddressEntry): 'new' | 'tried' {
  return tried ? 'tried' : 'new'
}
