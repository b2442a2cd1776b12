import type { Message } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { ConnectionKind } from '../contract/connection-kind.ts'
import type { BucketOptions, BucketsByType, LimitOptions } from '../contract/limit-options.ts'
import { TokenBucket } from './token-bucket.ts'
import { workOf } from './work-cost.ts'
import { defaultWork } from './work-limit.ts'

/** A few more than once are ignored, as in Core. */
const ONCE: BucketOptions = { burst: 100, perSecond: 1 }

/**
 * Messages that come once in a connection by their nature: no honest remote repeats them, and one that does
 * is let go. All others are bounded by the work they cost (`work-limit.ts`), which slows and does not blame.
 */
const messageBuckets: Partial<Record<Message['type'], BucketOptions>> = {
  version: ONCE,
  verack: ONCE,
  wtxidrelay: ONCE,
  sendaddrv2: ONCE,
  getaddr: ONCE,
  sendheaders: ONCE,
  mempool: ONCE,
}

const bucketsByType: ReadonlyMap<string, BucketOptions> = new Map(Object.entries(messageBuckets))

/** What was exceeded. */
export interface Flood {
  /** The bucket's size. */
  readonly limit: number
}

/**
 * What one remote may send unasked: what comes once is counted by its type, all of it by the work that it
 * costs.
 */
export class MessageLimits {
  readonly #options: BucketsByType
  readonly #byType = new Map<string, TokenBucket>()
  /** In microseconds. */
  readonly #work: TokenBucket | undefined

  constructor(
    kind: ConnectionKind,
    { messages = {}, work = defaultWork(kind) }: Pick<LimitOptions, 'messages' | 'work'>,
    now: Instant,
  ) {
    this.#options = messages
    this.#work = work === false ? undefined : new TokenBucket(work, now)
  }

  /** Counts one message. @returns what it exceeded, undefined where it is within the limits. */
  take(type: string, payloadBytes: number, now: Instant): Flood | undefined {
    this.#work?.spend(workOf(type, payloadBytes), now)
    const options = this.#options[type] ?? bucketsByType.get(type)
    if (options === undefined || options === false) return undefined
    let bucket = this.#byType.get(type)
    if (bucket === undefined) {
      bucket = new TokenBucket(options, now)
      this.#byType.set(type, bucket)
    }
    return bucket.take(1, now) ? undefined : { limit: options.burst }
  }

  /** Milliseconds until the remote is to be read again: it has had its share of our time. */
  pause(now: Instant): number {
    return this.#work?.untilPaid(now) ?? 0
  }
}
