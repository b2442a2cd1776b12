import { hashKey } from './hash-key.ts'

/** Most that is remembered; older entries are forgotten first, their replies then count as unrequested. */
export const MAX_EXPECTATIONS = 50_000
/** Streams remembered, at most. */
const MAX_STREAMS = 100

/** Replies that are matched by a hash. */
export type ExpectedReply = 'block' | 'transaction' | 'cfheaders' | 'cfcheckpt' | 'blocktxn' | 'uproof'

type Asker = 'owner' | 'abandoned'

/**
 * Replies that will come and that no open request waits for: the owner asked with `send()`, or a request was given
 * up after it had been sent. They are neither unrequested nor a flood.
 */
export class Expectations {
  /** Both are made when first needed: an idle connection needs neither. */
  #expected: Map<string, Asker> | undefined
  /** Streams of filters, by the hash of their stop block. */
  #streams: Map<string, Asker> | undefined

  add(reply: ExpectedReply, hash: Uint8Array, who: Asker): void {
    const expected = (this.#expected ??= new Map())
    const key = reply + hashKey(hash)
    if (who === 'abandoned' && expected.has(key)) return
    expected.set(key, who)
    if (expected.size <= MAX_EXPECTATIONS) return
    const oldest = expected.keys().next()
    if (oldest.done !== true) expected.delete(oldest.value)
  }

  addStream(stopHash: Uint8Array, who: Asker): void {
    const streams = (this.#streams ??= new Map())
    if (streams.size < MAX_STREAMS) streams.set(hashKey(stopHash), who)
  }

  /** Takes an expectation when its reply has come. @returns who had asked. */
  take(reply: ExpectedReply, hash: Uint8Array): Asker | undefined {
    if (this.#expected === undefined || this.#expected.size === 0) return undefined
    const key = reply + hashKey(hash)
    const who = this.#expected.get(key)
    if (who !== undefined) this.#expected.delete(key)
    return who
  }

  /** For replies that come in parts: takes the expectation with its last part, and keeps it for those before. */
  takeLast(hash: Uint8Array): Asker | 'none' {
    if (this.#streams === undefined || this.#streams.size === 0) return 'none'
    const key = hashKey(hash)
    const last = this.#streams.get(key)
    if (last !== undefined) this.#streams.delete(key)
    return last ?? [...this.#streams.values()][0]!
  }
}
