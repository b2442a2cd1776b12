import { MAX_FILTERS_PER_REQUEST } from '@sapwood/wire-codec'
import type { AskedBy } from './asked-by.ts'
import { hashKey } from './hash-key.ts'
import type { KeyedReply } from './keyed-requests.ts'

/** Most that is remembered; older entries are forgotten first, their replies then count as unrequested. */
const MAX_EXPECTATIONS = 50_000
/** Streams remembered, at most. */
const MAX_STREAMS = 100

/** Replies that are matched by a hash. */
export type ExpectedReply = 'block' | 'transaction' | KeyedReply

type Asker = Extract<AskedBy, 'owner' | 'abandoned'>

interface Expected {
  readonly who: Asker
  readonly reply: ExpectedReply
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
  /** Both are made when first needed: an idle connection needs neither. */
  #expected: Map<string, Expected> | undefined
  #counts: Map<ExpectedReply, number> | undefined
  /** Streams of filters, by the hash of their stop block. */
  #streams: Map<string, Stream> | undefined

  add(reply: ExpectedReply, hash: Uint8Array, who: Asker): void {
    const expected = (this.#expected ??= new Map<string, Expected>())
    const key = reply + hashKey(hash)
    if (expected.has(key)) {
      if (who === 'owner') expected.set(key, { who, reply })
      return
    }
    expected.set(key, { who, reply })
    this.#add(reply, 1)
    if (expected.size <= MAX_EXPECTATIONS) return
    const oldest = expected.entries().next()
    if (oldest.done === true) return
    expected.delete(oldest.value[0])
    this.#add(oldest.value[1].reply, -1)
  }

  addStream(stopHash: Uint8Array, who: Asker): void {
    const streams = (this.#streams ??= new Map())
    if (streams.size < MAX_STREAMS) streams.set(hashKey(stopHash), { who, left: MAX_FILTERS_PER_REQUEST })
  }

  /** How many replies of a kind may come. */
  count(reply: ExpectedReply): number {
    return this.#counts?.get(reply) ?? 0
  }

  /** Takes an expectation when its reply has come. @returns who had asked. */
  take(reply: ExpectedReply, hash: Uint8Array): Asker | undefined {
    if (this.#expected === undefined || this.#expected.size === 0) return undefined
    const key = reply + hashKey(hash)
    const found = this.#expected.get(key)
    if (found === undefined) return undefined
    this.#expected.delete(key)
    this.#add(reply, -1)
    return found.who
  }

  /**
   * For replies that come in parts: takes the expectation with its last part, or with as many as one reply
   * can have, and keeps it for those before.
   */
  takeLast(hash: Uint8Array): Asker | 'none' {
    if (this.#streams === undefined || this.#streams.size === 0) return 'none'
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

  #add(reply: ExpectedReply, more: number): void {
    const counts = (this.#counts ??= new Map())
    counts.set(reply, this.count(reply) + more)
  }
}
