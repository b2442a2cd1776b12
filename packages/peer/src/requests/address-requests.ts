import type { GossipedAddress } from '@sapwood/wire-codec'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { RequestOutput } from './request-output.ts'

/** `getaddr`, and the addresses that answer it. Bitcoin Core answers once in a connection. */
export class AddressRequests {
  readonly #output: RequestOutput
  readonly #onAsk: () => void
  readonly #open = new Set<ReplyPromise<readonly GossipedAddress[]>>()
  /** A `getaddr` of ours has not been answered yet. */
  #asked = false
  /**
   * Single addresses since then: a remote that knows one answers with one, but announcements look the same.
   */
  #single: GossipedAddress[] = []

  constructor(output: RequestOutput, onAsk: () => void) {
    this.#output = output
    this.#onAsk = onAsk
  }

  /** Sends `getaddr`, for the handshake or the owner. */
  ask(): void {
    this.asked()
    this.#output.send({ type: 'getaddr' })
  }

  /** A `getaddr` is leaving by another way. */
  asked(): void {
    this.#asked = true
    this.#onAsk()
  }

  create(facts: PendingFacts): ReplyPromise<readonly GossipedAddress[]> {
    const reply = new ReplyPromise<readonly GossipedAddress[]>(facts, {
      begin: () => {
        if (!this.#asked) this.ask()
      },
      end: () => {
        this.#open.delete(reply)
      },
      lastChance: () => {
        if (this.#single.length > 0) reply.answer(this.#single)
      },
    })
    // From now on and not from `begin` on: the handshake's `getaddr` may be answered together with the end of
    // the handshake.
    this.#open.add(reply)
    return reply
  }

  /** @returns whether they answer a `getaddr`. */
  receive(addresses: readonly GossipedAddress[]): boolean {
    if (!this.#asked) return false
    if (addresses.length < 2) {
      if (this.#single.length < 10) this.#single.push(...addresses)
      return false
    }
    this.#asked = false
    this.#single = []
    for (const reply of [...this.#open]) reply.answer(addresses)
    return true
  }
}
