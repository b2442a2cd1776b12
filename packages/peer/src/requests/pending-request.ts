import type { Instant } from '@sapwood/transport-v1v2/environment'
import { PeerError, type PeerErrorCode, type PeerErrorFacts } from '../contract/peer-error.ts'
import type { DisconnectReason } from '../contract/disconnect-reason.ts'
import type { RequestOutcome, RequestType } from '../contract/request-map.ts'

/** What every request is made with. */
export interface PendingFacts {
  readonly type: RequestType
  readonly timeout: number
  readonly now: Instant
  /** Tells the tracker that it has ended, once. */
  readonly onEnd: (pending: PendingRequest, outcome: RequestOutcome) => void
  /** Tells the tracker of a new deadline. */
  readonly onDeadline: (deadline: number) => void
}

/** What a topic does when a request is put to the remote, and when it ends. */
export interface PendingHooks {
  readonly begin: (now: Instant) => void
  /** Forgets it; called once, also for one that was never begun. */
  readonly end: (outcome: RequestOutcome) => void
  /** A chance to answer with what has come so far, before a timeout ends it. */
  readonly lastChance?: () => void
  /** Hashes that have not come, for the error of a request that ends early. */
  readonly describeMissing?: () => readonly Uint8Array[]
}

/** One request from the moment it is made until it ends: answered, failed, withdrawn or out of time. */
export abstract class PendingRequest {
  readonly type: RequestType
  readonly timeout: number
  readonly startedAt: Instant
  ended = false
  /** Called once when it has ended, for whoever made it. */
  whenEnded: (() => void) | undefined
  #deadline: number
  readonly #facts: PendingFacts
  readonly #hooks: PendingHooks

  constructor(facts: PendingFacts, hooks: PendingHooks) {
    this.type = facts.type
    this.timeout = facts.timeout
    this.startedAt = facts.now
    this.#deadline = facts.now + facts.timeout
    this.#facts = facts
    this.#hooks = hooks
  }

  /** When it times out; infinite while nothing is awaited. */
  get deadline(): number {
    return this.#deadline
  }

  set deadline(deadline: number) {
    this.#deadline = deadline
    this.#facts.onDeadline(deadline)
  }

  /** Puts the request to the remote. */
  begin(now: Instant): void {
    if (!this.ended) this.#hooks.begin(now)
  }

  /** Ends it with an error; nothing happens when it has ended. */
  fail(outcome: Exclude<RequestOutcome, 'answered'>, error: unknown): void {
    if (this.conclude(outcome)) this.onFailure(error)
  }

  /** Ends it for lack of an answer. */
  expire(): void {
    this.#hooks.lastChance?.()
    const message = `no answer to ${this.type} within ${this.timeout} ms`
    this.#failEarly('timeout', 'timeout', message, { timeout: this.timeout })
  }

  /** Ends it because the connection has ended. */
  disconnected(reason: DisconnectReason): void {
    this.#failEarly('disconnected', 'disconnected', `the connection ended: ${reason.code}`, { reason })
  }

  error(code: PeerErrorCode, message: string, facts: PeerErrorFacts): PeerError {
    return new PeerError(code, message, { request: this.type, ...facts })
  }

  #failEarly(
    outcome: 'timeout' | 'disconnected',
    code: PeerErrorCode,
    message: string,
    facts: PeerErrorFacts,
  ): void {
    if (this.ended) return
    const missing = this.#hooks.describeMissing?.()
    this.fail(outcome, this.error(code, message, missing === undefined ? facts : { ...facts, missing }))
  }

  /** @returns false when it had ended before. */
  protected conclude(outcome: RequestOutcome): boolean {
    if (this.ended) return false
    this.ended = true
    this.#hooks.end(outcome)
    this.#facts.onEnd(this, outcome)
    this.whenEnded?.()
    return true
  }

  protected abstract onFailure(error: unknown): void
}
