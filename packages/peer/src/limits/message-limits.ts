import type { Message } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2'
import type { BucketOptions, LimitOptions } from './limit-options.ts'
import { TokenBucket } from './token-bucket.ts'

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

/** What was exceeded. */
export interface Flood {
  readonly measure: 'messages' | 'bytes'
  /** The bucket's size. */
  readonly limit: number
}

interface Buckets {
  readonly messages: TokenBucket | undefined
  readonly bytes: TokenBucket | undefined
}

/** The buckets of one connection, made when a type is first seen. */
export class MessageLimits {
  readonly #options: LimitOptions
  readonly #byType = new Map<Message['type'], Buckets>()

  constructor(options: LimitOptions) {
    this.#options = options
  }

  /** Counts one message. @returns what it exceeded, undefined where it is within the limits. */
  take(type: Message['type'], bytes: number, now: Instant): Flood | undefined {
    let buckets = this.#byType.get(type)
    if (buckets === undefined) {
      buckets = this.#create(type, now)
      this.#byType.set(type, buckets)
    }
    if (buckets.messages?.take(1, now) === false) {
      return { measure: 'messages', limit: this.#messageBucket(type)!.burst }
    }
    if (buckets.bytes?.take(bytes, now) === false) {
      return { measure: 'bytes', limit: this.#bytesBucket(type)!.burst }
    }
    return undefined
  }

  #create(type: Message['type'], now: Instant): Buckets {
    const messages = this.#messageBucket(type)
    const bytes = this.#bytesBucket(type)
    return {
      messages: messages && new TokenBucket(messages, now),
      bytes: bytes && new TokenBucket(bytes, now),
    }
  }

  #messageBucket(type: Message['type']): BucketOptions | undefined {
    const own = this.#options.messages?.[type]
    return own === false ? undefined : (own ?? messageBuckets[type] ?? DEFAULT_MESSAGE_BUCKET)
  }

  #bytesBucket(type: Message['type']): BucketOptions | undefined {
    const own = this.#options.bytes?.[type]
    return own === false ? undefined : (own ?? DEFAULT_BYTES_BUCKET)
  }
}
