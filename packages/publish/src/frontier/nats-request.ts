import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import type { CancelTimer, Clock } from '@sapwood/transport-v1v2/environment'
import { inNanoseconds } from '../time/in-nanoseconds.ts'

/**
 * Milliseconds that the server keeps a request open. Long, since nats-server 2.9.10 takes what it is about to
 * offer again out of its list before it looks for a request: where the only one has run out at that very
 * moment, the message is with nobody until its deadline, and the one before it is given twice.
 */
const OPEN_FOR = 30_000
/** Milliseconds after which the server says that it has the request still, where it says nothing else. */
const HEARTBEAT = 500
/** Milliseconds without a word after which a request is taken for lost: it was killed, or the way to it. */
const SILENCE = 2_000
/** Statuses that the server sends in place of a message. */
const STATUS = { heartbeat: 100, timeout: 408 }

/** How a request for work has ended: only `refused` is a fault, of whoever asked or of the server. */
type RequestEnd = 'complete' | 'timeout' | 'silence' | 'cancelled' | 'refused'

/** What a request goes to. */
export interface RequestTarget {
  readonly connection: NatsConnection
  /** Where the consumer takes requests. */
  readonly requests: string
  /** A subject that nobody else listens to. */
  readonly inbox: () => string
}

/**
 * A request for messages of a work queue. The client's own gives up what comes after it has ended, and that
 * is with nobody until its deadline; this one hears what the server has sent to the end.
 */
export class NatsRequest {
  /** Resolves when no more is expected of it. */
  readonly ended: Promise<RequestEnd>
  readonly #clock: Clock
  readonly #onMessage: (message: Msg) => void
  readonly #subscription: Subscription
  #left: number
  #end: (how: RequestEnd) => void = () => undefined
  #stopWaiting: CancelTimer | undefined

  /** @param parts.onMessage is told of each message, also of one that comes after it was cancelled. */
  constructor(
    { connection, requests, inbox }: RequestTarget,
    most: number,
    { clock, onMessage }: { readonly clock: Clock; readonly onMessage: (message: Msg) => void },
  ) {
    this.#clock = clock
    this.#onMessage = onMessage
    this.#left = most
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    const reply = inbox()
    this.#subscription = connection.subscribe(reply, {
      callback: (error, message) => {
        if (error !== null) this.#finish('refused')
        else if (message.subject === reply) this.#status(message.headers?.code)
        else this.#came(message)
      },
    })
    const [expires, heartbeat] = [OPEN_FOR, HEARTBEAT].map(inNanoseconds)
    const asked = { batch: most, expires, idle_heartbeat: heartbeat }
    connection.publish(requests, JSON.stringify(asked), { reply })
    this.#wait()
  }

  /** Wants no more. @returns when all that the server had sent by then was handed over. */
  async cancel(how: RequestEnd = 'cancelled'): Promise<void> {
    this.#stopWaiting?.()
    this.#end(how)
    // What was closed or cancelled before has nothing under way.
    await this.#subscription.drain().catch(() => undefined)
  }

  #came(message: Msg): void {
    this.#left -= 1
    this.#onMessage(message)
    if (this.#left === 0) this.#finish('complete')
    else this.#wait()
  }

  #status(code: number | undefined): void {
    if (code === STATUS.heartbeat) this.#wait()
    else this.#finish(code === STATUS.timeout ? 'timeout' : 'refused')
  }

  /** Behind the last message, and behind the word that there are no more, nothing comes. */
  #finish(how: RequestEnd): void {
    this.#stopWaiting?.()
    this.#subscription.unsubscribe()
    this.#end(how)
  }

  #wait(): void {
    this.#stopWaiting?.()
    if (this.#subscription.isDraining()) return
    this.#stopWaiting = this.#clock.setTimer(SILENCE, () => void this.cancel('silence'))
  }
}
