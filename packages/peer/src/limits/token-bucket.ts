import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { BucketOptions } from '../contract/limit-options.ts'

/**
 * Counts what one remote sends: `burst` at once, refilled with `perSecond`, never above `burst` by refilling.
 */
export class TokenBucket {
  readonly #burst: number
  readonly #perMillisecond: number
  #tokens: number
  #refilledAt: Instant

  /** @param initial Tokens at the start. Default: full. */
  constructor(options: BucketOptions, now: Instant, initial: number = options.burst) {
    this.#burst = options.burst
    this.#perMillisecond = options.perSecond / 1_000
    this.#tokens = initial
    this.#refilledAt = now
  }

  /** Takes `count` tokens, or none where there are not enough. */
  take(count: number, now: Instant): boolean {
    this.#refill(now)
    if (this.#tokens < count) return false
    this.#tokens -= count
    return true
  }

  /** Takes as many whole tokens as there are, at most `count`. @returns how many. */
  takeUpTo(count: number, now: Instant): number {
    this.#refill(now)
    const taken = Math.min(count, Math.floor(this.#tokens))
    this.#tokens -= taken
    return taken
  }

  /** Takes `count` tokens whether they are there or not: what is missing is a debt. */
  spend(count: number, now: Instant): void {
    this.#refill(now)
    this.#tokens -= count
  }

  /** Milliseconds until a debt is paid; 0 where there is none. */
  untilPaid(now: Instant): number {
    if (this.#tokens >= 0) return 0
    this.#refill(now)
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMillisecond)
  }

  /** Adds tokens, also above `burst`: what has been asked for. */
  grant(count: number): void {
    this.#tokens += count
  }

  /** At each look: refilled only when tokens run short, a bucket would give twice its size at once. */
  #refill(now: Instant): void {
    const elapsed = now - this.#refilledAt
    if (elapsed <= 0) return
    this.#refilledAt = now
    if (this.#tokens >= this.#burst) return
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsed * this.#perMillisecond)
  }
}
