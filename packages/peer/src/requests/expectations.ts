import { hashKey } from './hash-key.ts'

/** Most that is remembered; older entries are forgotten first, their replies then count as unrequested. */
export const MAX_EXPECTATIONS = 50_000

/** Streams remembered, at most. */
const MAX_STREAMS = 100

/** Replies that are matched by a hash. */
export type ExpectedReply = 'block' | 'transaction' | 'cfheaders' | 'cfcheckpt' | 'blocktxn' | 'uproof'

/**
 * Replies that will come and that no open request waits for: the owner asked with `send()`, or a request was given
 * up after it had been sent. They are neither unrequested nor a flood.
 */
export class Expectations {
  readonly #expected = new Map<string, 'owner' | 'abandoned'>()
  /** Streams of filters, by the hash of their stop block. */
  readonly #streams = new Map<string, 'owner' | 'abandoned'>()

  add(reply: ExpectedReply, hash: Uint8Array, who: 'owner' | 'abandoned'): void {
    const key = reply + hashKey(hash)
    if (who === 'abandoned' && this.#expected.has(key)) return
    this.#expected.set(key, who)
    if (this.#expected.size <= MAX_EXPECTATIONS) return
    const oldest = this.#expected.keys().next()
    if (oldest.done !== true) this.#expected.delete(oldest.value)
  }

  addStream(stopHash: Uint8Array, who: 'owner' | 'abandoned'): void {
    if (this.#streams.size < MAX_STREAMS) this.#streams.set(hashKey(stopHash), who)
  }

  /** Takes an expectation when its reply has come. @returns who had asked. */
  take(reply: ExpectedReply, hash: Uint8Array): 'owner' | 'abandoned' | undefined {
    if (this.#expected.size === 0) return undefined
    const key = reply + hashKey(hash)
    const who = this.#expected.get(key)
    if (who !== undefined) this.#expected.delete(key)
    return who
  }

  /** For replies that come in parts: takes the expectation with its last part, and keeps it for those before. */
  takeLast(hash: Uint8Array): 'owner' | 'abandoned' | 'none' {
    if (this.#streams.size === 0) return 'none'
    const key = hashKey(hash)
    const last = this.#streams.get(key)
    if (last !== undefined) this.#streams.delete(key)
    return last ?? [...this.#streams.values()][0]!
  }
}
