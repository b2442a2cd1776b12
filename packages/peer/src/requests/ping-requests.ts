import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { AskedBy } from './asked-by.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { PingReply } from '../contract/request-map.ts'
import type { RequestOutput } from './request-output.ts'

/** Knows the pings under way (`KeepAlive`). */
export interface PingNonces {
  /** A nonce for one more. */
  ask(now: Instant): bigint
  forget(nonce: bigint): void
  /** Whether a pong with this nonce would answer one. */
  awaits(nonce: bigint | undefined): boolean
}

/** Pings that the owner asks for, beside those of the keep-alive. */
export class PingRequests {
  readonly #output: RequestOutput
  readonly #nonces: PingNonces
  readonly #open = new Map<bigint, ReplyPromise<PingReply>>()

  constructor(output: RequestOutput, nonces: PingNonces) {
    this.#output = output
    this.#nonces = nonces
  }

  create(facts: PendingFacts): ReplyPromise<PingReply> {
    let nonce: bigint | undefined
    const reply = new ReplyPromise<PingReply>(facts, {
      begin: (now: Instant) => {
        nonce = this.#nonces.ask(now)
        this.#open.set(nonce, reply)
        this.#output.send({ type: 'ping', nonce })
      },
      end: () => {
        if (nonce === undefined) return
        this.#open.delete(nonce)
        this.#nonces.forget(nonce)
      },
    })
    return reply
  }

  /** @returns Who had asked for a pong: whoever sent a ping that is under way, the keep-alive included. */
  claim(nonce: bigint | undefined): AskedBy {
    return this.#nonces.awaits(nonce) ? 'request' : 'none'
  }

  answered(nonce: bigint, roundTrip: number): void {
    this.#open.get(nonce)?.answer({ roundTrip })
  }
}
