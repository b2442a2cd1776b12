import type { Message } from '@sapwood/wire-codec'
import type { ExpectedReply } from './expectations.ts'
import { hashKey } from './hash-key.ts'
import type { PendingFacts } from './pending-request.ts'
import type { RequestOutcome } from '../contract/request-map.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { RequestOutput } from './request-output.ts'

/** Requests with one reply each, matched to it by a hash that both carry. Equal requests are answered in order. */
export class KeyedReplies<Reply> {
  readonly #output: RequestOutput
  readonly #expected: ExpectedReply
  readonly #waiting = new Map<string, ReplyPromise<Reply>[]>()

  constructor(output: RequestOutput, expected: ExpectedReply) {
    this.#output = output
    this.#expected = expected
  }

  create(message: Message, hash: Uint8Array, facts: PendingFacts): ReplyPromise<Reply> {
    const key = hashKey(hash)
    let begun = false
    const reply = new ReplyPromise<Reply>(facts, {
      begin: () => {
        begun = true
        const waiting = this.#waiting.get(key)
        if (waiting === undefined) this.#waiting.set(key, [reply])
        else waiting.push(reply)
        this.#output.send(message)
      },
      end: (outcome: RequestOutcome) => {
        if (!begun) return
        this.#remove(key, reply)
        if (outcome !== 'answered' && outcome !== 'refused')
          this.#output.expectations.add(this.#expected, hash, 'abandoned')
      },
    })
    return reply
  }

  /** Whether a reply with this hash is awaited. */
  awaits(hash: Uint8Array): boolean {
    return this.#waiting.has(hashKey(hash))
  }

  /** Whether none is awaited. */
  get idle(): boolean {
    return this.#waiting.size === 0
  }

  /** Answers the oldest request for `hash`. @returns false when there is none. */
  answer(hash: Uint8Array, reply: Reply): boolean {
    const waiting = this.#waiting.get(hashKey(hash))?.[0]
    waiting?.answer(reply)
    return waiting !== undefined
  }

  #remove(key: string, reply: ReplyPromise<Reply>): void {
    const left = (this.#waiting.get(key) ?? []).filter((waiting) => waiting !== reply)
    if (left.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, left)
  }
}
