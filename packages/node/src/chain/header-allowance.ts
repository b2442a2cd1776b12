import type { Instant } from '@sapwood/transport-v1v2'

/** Headers of a peer that are hashed for nothing at once, at most: two full messages. Hashing 2,000 takes some milliseconds. */
export const MAX_USELESS_HEADERS = 4_000
/** And what is added to that in a second. An honest peer announces a block in ten minutes. */
const USELESS_HEADERS_PER_SECOND = 20

/** How many headers of a peer are looked at one by one though they are known already, lead nowhere or have too little work. */
export class HeaderAllowance {
  #left = MAX_USELESS_HEADERS
  #at: Instant

  constructor(now: Instant) {
    this.#at = now
  }

  /** @returns whether `count` headers may be looked at. */
  take(count: number, now: Instant): boolean {
    const added = (Math.max(0, now - this.#at) / 1000) * USELESS_HEADERS_PER_SECOND
    this.#at = now
    this.#left = Math.min(MAX_USELESS_HEADERS, this.#left + added)
    if (count > this.#left) return false
    this.#left -= count
    return true
  }
}
