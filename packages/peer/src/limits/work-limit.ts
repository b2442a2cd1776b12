import type { Instant } from '@sapwood/transport-v1v2'
import type { ConnectionKind } from '../kinds/connection-kind.ts'
import type { BucketOptions } from './limit-options.ts'

/** For a stranger that dialled us: 2 % of our time. Ten of them at once leave four fifths of it to honest work. */
const INBOUND_WORK: BucketOptions = { burst: 200_000, perSecond: 20_000 }
/** For a remote of our own choice: thousands of blocks announced one by one are no more than the burst. */
const OUTBOUND_WORK: BucketOptions = { burst: 1_000_000, perSecond: 50_000 }
/** For one that the owner named. */
const MANUAL_WORK: BucketOptions = { burst: 2_000_000, perSecond: 500_000 }

/** Microseconds of work at once, and for each second, for what a remote of this kind sends unasked. */
export function defaultWork(kind: ConnectionKind): BucketOptions {
  if (kind === 'inbound') return INBOUND_WORK
  return kind === 'manual' ? MANUAL_WORK : OUTBOUND_WORK
}

/**
 * How much of our time one remote may take for what nobody asked it. Whoever is beyond it is read more slowly, and never blamed:
 * honest software sends thousands of messages at once when it has cause. A message is always handled; what it costs
 * beyond the bucket is a debt, and nothing is read until time has paid it.
 */
export class WorkLimit {
  readonly #options: BucketOptions
  #left: number
  #refilledAt: Instant

  constructor(options: BucketOptions, now: Instant) {
    this.#options = options
    this.#left = options.burst
    this.#refilledAt = now
  }

  spend(microseconds: number, now: Instant): void {
    this.#refill(now)
    this.#left -= microseconds
  }

  /** Milliseconds until the remote is to be read again; 0 for at once. */
  pause(now: Instant): number {
    if (this.#left >= 0) return 0
    this.#refill(now)
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left * 1_000) / this.#options.perSecond)
  }

  #refill(now: Instant): void {
    const elapsed = now - this.#refilledAt
    if (elapsed <= 0) return
    this.#refilledAt = now
    const { burst, perSecond } = this.#options
    this.#left = Math.min(burst, this.#left + (elapsed * perSecond) / 1_000)
  }
}
