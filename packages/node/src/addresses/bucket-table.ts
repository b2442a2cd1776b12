import type { AddressNetwork } from '@sapwood/wire-codec'
import { drawBelow, type Random } from '@sapwood/transport-v1v2/environment'
import type { AddressEntry } from './address-entry.ts'
import { BUCKET_SIZE } from './bucket-hash.ts'

/**
 * Buckets of 64 places. Beside the places it keeps, for each network, which buckets hold an address of it, so
 * that a random choice costs the same in an almost empty table as in a full one.
 */
export class BucketTable {
  readonly #places: (AddressEntry | undefined)[]
  readonly #occupied = new Map<AddressNetwork, OccupiedBuckets>()

  constructor(bucketCount: number) {
    this.#places = new Array<AddressEntry | undefined>(bucketCount * BUCKET_SIZE).fill(undefined)
  }

  at(bucket: number, position: number): AddressEntry | undefined {
    return this.#places[bucket * BUCKET_SIZE + position]
  }

  /** Fills a place that is empty. */
  put(bucket: number, position: number, entry: AddressEntry): void {
    this.#places[bucket * BUCKET_SIZE + position] = entry
    this.#bucketsOf(entry.address.network).add(bucket)
  }

  clear(bucket: number, position: number): void {
    const entry = this.at(bucket, position)
    if (entry === undefined) return
    this.#places[bucket * BUCKET_SIZE + position] = undefined
    this.#bucketsOf(entry.address.network).remove(bucket)
  }

  /**
   * A random entry of one of the networks: first a bucket, each with the same chance however full it is, then
   * a place in it. Whoever fills a few buckets gains no more than those.
   */
  draw(random: Random, networks: Iterable<AddressNetwork>): AddressEntry | undefined {
    let total = 0
    const candidates: [AddressNetwork, OccupiedBuckets][] = []
    for (const network of networks) {
      const buckets = this.#occupied.get(network)
      if (buckets === undefined || buckets.size === 0) continue
      candidates.push([network, buckets])
      total += buckets.size
    }
    if (total === 0) return undefined
    let choice = drawBelow(random, total)
    for (const [network, buckets] of candidates) {
      if (choice < buckets.size) return this.#drawFrom(random, buckets.bucketAt(choice), network)
      choice -= buckets.size
    }
    return undefined
  }

  #drawFrom(random: Random, bucket: number, network: AddressNetwork): AddressEntry | undefined {
    const start = drawBelow(random, BUCKET_SIZE)
    for (let step = 0; step < BUCKET_SIZE; step++) {
      const entry = this.at(bucket, (start + step) % BUCKET_SIZE)
      if (entry?.address.network === network) return entry
    }
    return undefined
  }

  #bucketsOf(network: AddressNetwork): OccupiedBuckets {
    let buckets = this.#occupied.get(network)
    if (buckets === undefined) {
      buckets = new OccupiedBuckets()
      this.#occupied.set(network, buckets)
    }
    return buckets
  }
}

/** A set of buckets, each with a count, that can be indexed in constant time. */
class OccupiedBuckets {
  readonly #list: number[] = []
  readonly #place = new Map<number, number>()
  readonly #count = new Map<number, number>()

  get size(): number {
    return this.#list.length
  }

  bucketAt(index: number): number {
    return this.#list[index]!
  }

  add(bucket: number): void {
    const count = this.#count.get(bucket) ?? 0
    this.#count.set(bucket, count + 1)
    if (count > 0) return
    this.#place.set(bucket, this.#list.length)
    this.#list.push(bucket)
  }

  remove(bucket: number): void {
    const count = this.#count.get(bucket)!
    if (count > 1) {
      this.#count.set(bucket, count - 1)
      return
    }
    this.#count.delete(bucket)
    const place = this.#place.get(bucket)!
    this.#place.delete(bucket)
    const last = this.#list.pop()!
    if (last === bucket) return
    this.#list[place] = last
    this.#place.set(last, place)
  }
}
