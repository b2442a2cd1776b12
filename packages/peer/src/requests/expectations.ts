import { MAX_FILTERS_PER_REQUEST } from '@sapwood/wire-codec'
import { type Instant, MINUTE } from '@sapwood/transport-v1v2/environment'
import type { AskedBy } from './asked-by.ts'
import { hashKey } from './hash-key.ts'
import type { KeyedReply } from './keyed-requests.ts'

/** Most of one kind that is remembered; the oldest are forgotten first, and unrequested when they come. */
const MAX_EXPECTATIONS = 50_000
/**
 * Milliseconds for which a transaction that was asked for is expected. Whoever announces transactions has us
 * ask for as many as it likes, a hundred bytes of our memory for each that it does not send: another is asked
 * after a minute (Core, `GETDATA_TX_INTERVAL`), and what comes later is unrequested.
 */
const TRANSACTION_EXPECTED_FOR: number = 2 * MINUTE
/** Streams remembered, at most. */
const MAX_STREAMS = 100

/** Replies that are matched by a hash. */
export type ExpectedReply = 'block' | 'transaction' | KeyedReply

type Asker = Extract<AskedBy, 'owner' | 'abandoned'>

interface Expected {
  readonly who: Asker
  readonly since: Instant
}

interface Stream {
  readonly who: Asker
  /** Parts that may still come. */
  left: number
}

/**
 * Replies that will come and that no open request waits for: the owner asked with `send()`, or a request was
 * given up after it had been sent. They are neither unrequested nor a flood.
 */
export class Expectations {
  readonly #now: () => Instant
  /** By kind and hash, the oldest first. Made when first needed: an idle connection needs none. */
  #expected: Map<ExpectedReply, Map<string, Expected>> | undefined
  /** Streams of filters, by the hash of their stop block. */
  #streams: Map<string, Stream> | undefined

  constructor(now: () => Instant) {
    this.#now = now
  }

  add(reply: ExpectedReply, hash: Uint8Array, who: Asker): void {
    const all = (this.#expected ??= new Map<ExpectedReply, Map<string, Expected>>())
    const expected = all.get(reply) ?? new Map<string, Expected>()
    all.set(reply, expected)
    const since = this.#now()
    const key = hashKey(hash)
    if (expected.has(key) && who === 'abandoned') return
    expected.delete(key)
    expected.set(key, { who, since })
    const lasts = reply === 'transaction' ? TRANSACTION_EXPECTED_FOR : Number.POSITIVE_INFINITY
    for (const [oldest, first] of expected) {
      if (expected.size <= MAX_EXPECTATIONS && since - first.since < lasts) return
      expected.delete(oldest)
    }
  }

  addStream(stopHash: Uint8Array, who: Asker): void {
    const streams = (this.#streams ??= new Map())
    if (streams.size < MAX_STREAMS) streams.set(hashKey(stopHash), { who, left: MAX_FILTERS_PER_REQUEST })
  }

  /** How many replies of a kind may come. */
  count(reply: ExpectedReply): number {
    return this.#expected?.get(reply)?.size ?? 0
  }

  /** Takes an expectation when its reply has come. @returns who had asked. */
  take(reply: ExpectedReply, hash: Uint8Array): Asker | undefined {
    const expected = this.#expected?.get(reply)
    if (expected === undefined) return undefined
    const key = hashKey(hash)
    const found = expected.get(key)?.who
    expected.delete(key)
    return found
  }

  /**
   * For replies that come in parts: takes the expectation with its last part, or with as many as one reply
   * can have, and keeps it for those before.
   */
  takeLast(hash: Uint8Array): Asker | 'none' {
    if (this.#streams === undefined) return 'none'
    const key = hashKey(hash)
    const last = this.#streams.get(key)
    if (last !== undefined) {
      this.#streams.delete(key)
      return last.who
    }
    for (const [oldest, stream] of this.#streams) {
      stream.left -= 1
      if (stream.left === 0) this.#streams.delete(oldest)
      return stream.who
    }
    return 'none'
  }
}
