import type { BlockHash, Message } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { DisconnectReason } from '../contract/disconnect-reason.ts'
import type { NodeRequestOf, RequestOutcome, RequestType } from '../contract/request-map.ts'
import type { AskedBy } from './asked-by.ts'
import { claimReply, createRequest, noteSent, type PendingOf, type Received } from './exchanges.ts'
import { Expectations } from './expectations.ts'
import type { PendingFacts, PendingRequest } from './pending-request.ts'
import type { RequestOutput } from './request-output.ts'
import { RequestTopics, type TopicOptions } from './request-topics.ts'

export interface TrackerOptions extends TopicOptions, Omit<RequestOutput, 'expectations'> {
  readonly onEnd: (pending: PendingRequest, outcome: RequestOutcome) => void
  /** `nextDeadline` has come nearer. */
  readonly onDeadline: () => void
}

/** All requests of one connection: made, matched to their replies by content, timed out, ended. */
export class RequestTracker {
  readonly topics: RequestTopics
  readonly #options: TrackerOptions
  readonly #pending = new Set<PendingRequest>()
  #earliest = Number.POSITIVE_INFINITY

  constructor(options: TrackerOptions) {
    this.#options = options
    this.topics = new RequestTopics(options, { ...options, expectations: new Expectations(options.now) })
  }

  get size(): number {
    return this.#pending.size
  }

  blocksInFlight(): BlockHash[] {
    return this.topics.blocks.inFlight()
  }

  /** Makes a request; it is put to the remote by its `begin`. */
  create<Type extends RequestType>(request: NodeRequestOf<Type>, timeout: number): PendingOf<Type> {
    const facts: PendingFacts = {
      type: request.type,
      timeout,
      now: this.#options.now(),
      onEnd: this.#onEnd,
      onDeadline: this.#onDeadline,
    }
    const pending = createRequest(this.topics, request, facts)
    this.#pending.add(pending)
    this.#onDeadline(pending.deadline)
    return pending
  }

  /** What the owner sends by itself: replies to it are the owner's, not unrequested. */
  noteSent(message: Message): void {
    noteSent(this.topics, message)
  }

  /**
   * Takes a reply to whoever asked for it. A block is claimed by its hash (`topics.blocks`).
   */
  claim(message: Message, received: Received): AskedBy {
    return claimReply(this.topics, message, received)
  }

  /** The earliest time at which a request may run out of time. */
  get nextDeadline(): number {
    return this.#earliest
  }

  /** Ends what has run out of time. */
  expire(now: Instant): void {
    if (now < this.#earliest) return
    for (const pending of [...this.#pending]) if (pending.deadline <= now) pending.expire()
    this.#updateEarliest()
  }

  /** We did not read for a while: that time is not held against the remote. */
  excuse(milliseconds: number): void {
    for (const pending of this.#pending) pending.deadline += milliseconds
    this.#updateEarliest()
  }

  endAll(reason: DisconnectReason): void {
    for (const pending of [...this.#pending]) pending.disconnected(reason)
  }

  readonly #onDeadline = (deadline: number): void => {
    if (deadline >= this.#earliest) return
    this.#earliest = deadline
    this.#options.onDeadline()
  }

  readonly #onEnd = (pending: PendingRequest, outcome: RequestOutcome): void => {
    this.#pending.delete(pending)
    this.#options.onEnd(pending, outcome)
  }

  /** Deadlines of streams move; those that moved back are seen when the earliest known one passes. */
  #updateEarliest(): void {
    let earliest = Number.POSITIVE_INFINITY
    for (const pending of this.#pending) earliest = Math.min(earliest, pending.deadline)
    this.#earliest = earliest
  }
}
