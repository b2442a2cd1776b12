import type { Msg, Subscription } from '@nats-io/transport-node'
import type { CancelTimer, Clock, Instant } from '@sapwood/transport-v1v2/environment'
import { SERVER_STATUS } from '../nats/server-answer.ts'
import type { HostStore } from './host-store.ts'

/** What a bucket's entry is deleted by (NATS, ADR-8): a message without content that says so. */
const OPERATION = 'KV-Operation'
const DELETE = 'DEL'
/** What it has to stand behind: the entry that we have made, and nobody's after it. */
const EXPECTED_REVISION = 'Nats-Expected-Last-Subject-Sequence'
/** Milliseconds until what the server has not answered is said again. */
const SAID_AGAIN_AFTER = 1_000

/** An entry that is to go. */
interface Unlock {
  readonly key: string
  readonly revision: number
  readonly since: Instant
}

/**
 * Takes entries of hosts back, without waiting for it: what the server has not answered is said again until
 * it has, or the entry has gone by its age. By its revision: what another has made meanwhile stays.
 */
export class HostUnlocks {
  readonly #store: HostStore
  readonly #clock: Clock
  readonly #inbox: string
  /** By the subject of the answer. */
  readonly #unanswered = new Map<string, Unlock>()
  readonly #subscription: Subscription
  #said = 0
  #sayAgain: CancelTimer | undefined

  constructor(store: HostStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#inbox = store.inbox()
    this.#subscription = store.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null && isHeard(message)) this.#unanswered.delete(message.subject)
      },
    })
  }

  /** @param revision that the entry of this key has, as long as it is ours. */
  say(key: string, revision: number): void {
    this.#said += 1
    const reply = `${this.#inbox}.${this.#said}`
    const unlock = { key, revision, since: this.#clock.now() }
    this.#unanswered.set(reply, unlock)
    this.#send(reply, unlock)
    this.#wait()
  }

  /** What is not answered by now is left to the bucket's age. */
  close(): void {
    this.#sayAgain?.()
    this.#unanswered.clear()
    this.#subscription.unsubscribe()
  }

  #wait(): void {
    this.#sayAgain ??= this.#clock.setTimer(SAID_AGAIN_AFTER, () => this.#again(), { idle: true })
  }

  #again(): void {
    this.#sayAgain = undefined
    const gone = this.#clock.now() - this.#store.deadline
    for (const [reply, unlock] of this.#unanswered) {
      if (unlock.since <= gone) this.#unanswered.delete(reply)
      else this.#send(reply, unlock)
    }
    if (this.#unanswered.size > 0) this.#wait()
  }

  #send(reply: string, { key, revision }: Unlock): void {
    const { connection, hostSubject, headers } = this.#store
    const said = headers()
    said.set(OPERATION, DELETE)
    said.set(EXPECTED_REVISION, String(revision))
    try {
      connection.publish(hostSubject(key), undefined, { headers: said, reply })
    } catch {
      // The connection is closed.
    }
  }
}

/** That the entry is another's by now, or nobody's, is an answer as well; that there is no room is none. */
function isHeard(message: Msg): boolean {
  try {
    const { error } = message.json<{ readonly error?: { readonly code?: number } }>()
    return error === undefined || (error.code ?? 0) < SERVER_STATUS
  } catch {
    // Nobody is there to take it.
    return false
  }
}
