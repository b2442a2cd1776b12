import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { KeepAlive } from '../protocol/keep-alive.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { PingReply } from '../contract/request-map.ts'
import type { RequestOutput } from './request-output.ts'

/** Pings that the owner asks for, beside those of the keep-alive. */
export class PingRequests {
  readonly #output: RequestOutput
  readonly #keepAlive: KeepAlive
  readonly #open = new Map<bigint, ReplyPromise<PingReply>>()

  constructor(output: RequestOutput, keepAlive: KeepAlive) {
    this.#output = output
    this.#keepAlive = keepAlive
  }

  create(facts: PendingFacts): ReplyPromise<PingReply> {
    let nonce: bigint | undefined
    const reply = new ReplyPromise<PingReply>(facts, {
      begin: (now: Instant) => {
        nonce = this.#keepAlive.ask(now)
        this.#open.set(nonce, reply)
        this.#output.send({ type: 'ping', nonce })
      },
      end: () => {
        if (nonce === undefined) return
        this.#open.delete(nonce)
        this.#keepAlive.forget(nonce)
      },
    })
    return reply
  }

  answered(nonce: bigint, roundTrip: number): void {
    this.#open.get(nonce)?.answer({ roundTrip })
  }
}
