import type { Message } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2'
import type { BucketOptions, LimitOptions } from './limit-options.ts'

/**
 * Messages of one type, unless the table below or the options say otherwise. Bitcoin Core has no such limits; these
 * are far above what an honest remote sends, and low enough that a flood cannot hold the event loop.
 */
export const DEFAULT_MESSAGE_BUCKET: BucketOptions = { burst: 1_000, perSecond: 50 }
/** Bytes of one type: what was not asked for, at most four of the largest messages at once. */
export const DEFAULT_BYTES_BUCKET: BucketOptions = { burst: 16_000_000, perSecond: 1_000_000 }

/** Types that an honest remote may send more often, or has no cause to send often. */
export const messageBuckets: Partial<Record<Message['type'], BucketOptions>> = {
  // Answers to announcements of ours: a remote in initial download asks for 16 blocks at a time, fast.
  getdata: { burst: 20_000, perSecond: 2_000 },
  getheaders: { burst: 2_000, perSecond: 200 },
  // What we did not ask for by a request; trickled transactions can come in bursts after a block.
  tx: { burst: 5_000, perSecond: 500 },
  inv: { burst: 2_000, perSecond: 200 },
  getblocktxn: { burst: 1_000, perSecond: 50 },
  // Once in a connection by their nature; a few more are ignored rather than punished, as in Core.
  version: { burst: 100, perSecond: 1 },
  verack: { burst: 100, perSecond: 1 },
  wtxidrelay: { burst: 100, perSecond: 1 },
  sendaddrv2: { burst: 100, perSecond: 1 },
  getaddr: { burst: 100, perSecond: 1 },
  sendheaders: { burst: 100, perSecond: 1 },
  mempool: { burst: 100, perSecond: 1 },
}

const bucketsByType: ReadonlyMap<string, BucketOptions> = new Map(Object.entries(messageBuckets))

/** What was exceeded. */
export interface Flood {
  readonly measure: 'messages' | 'bytes'
  /** The bucket's size. */
  readonly limit: number
}

/** One type's share: both buckets in one object, as a connection has one for each type that it has seen. */
interface Meter {
  messages: number
  bytes: number
  /** When both were last refilled, in whole milliseconds since the limits were made. */
  refilledAt: number
}

/** The buckets of one connection, made when a type is first seen. */
export class MessageLimits {
  readonly #options: LimitOptions
  readonly #start: Instant
  readonly #byType = new Map<string, Meter>()

  constructor(options: LimitOptions, now: Instant) {
    this.#options = options
    this.#start = now
  }

  /** Counts one message. @returns what it exceeded, undefined where it is within the limits. */
  take(type: string, bytes: number, now: Instant): Flood | undefined {
    const messageLimit = this.#messageBucket(type)
    const byteLimit = this.#bytesBucket(type)
    let meter = this.#byType.get(type)
    if (meter === undefined) {
      const refilledAt = Math.floor(now - this.#start)
      meter = { messages: messageLimit.burst, bytes: byteLimit.burst, refilledAt }
      this.#byType.set(type, meter)
    }
    if (meter.messages < 1 || meter.bytes < bytes) this.#refill(meter, messageLimit, byteLimit, now)
    if (meter.messages < 1) return { measure: 'messages', limit: messageLimit.burst }
    if (meter.bytes < bytes) return { measure: 'bytes', limit: byteLimit.burst }
    meter.messages -= 1
    meter.bytes -= bytes
    return undefined
  }

  #refill(meter: Meter, messages: BucketOptions, bytes: BucketOptions, now: Instant): void {
    const elapsed = Math.floor(now - this.#start) - meter.refilledAt
    if (elapsed <= 0) return
    meter.messages = Math.min(messages.burst, meter.messages + (elapsed * messages.perSecond) / 1_000)
    meter.bytes = Math.min(bytes.burst, meter.bytes + (elapsed * bytes.perSecond) / 1_000)
    meter.refilledAt += elapsed
  }

  #messageBucket(type: string): BucketOptions {
    const own = this.#options.messages?.[type]
    return own === false ? UNLIMITED : (own ?? bucketsByType.get(type) ?? DEFAULT_MESSAGE_BUCKET)
  }

  #bytesBucket(type: string): BucketOptions {
    const own = this.#options.bytes?.[type]
    return own === false ? UNLIMITED : (own ?? DEFAULT_BYTES_BUCKET)
  }
}

const UNLIMITED: BucketOptions = { burst: Number.POSITIVE_INFINITY, perSecond: 0 }
