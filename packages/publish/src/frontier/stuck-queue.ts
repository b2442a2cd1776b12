import type { Instant } from '@sapwood/transport-v1v2/environment'
import { answerCode } from '../nats/server-answer.ts'
import type { NatsPatience } from './nats-patience.ts'
import type { NatsQueueStream } from './nats-queue.ts'

/** JetStream's error code: there is no such consumer (`JSConsumerNotFoundErr`). */
const CONSUMER_NOT_FOUND = 10_014
/**
 * Milliseconds beyond the deadline until a queue is taken to be stuck; and between two looks at most, for
 * what happened between two that are further apart was not seen. An address whose host is busy is offered
 * again within as many.
 */
const PATIENCE = 5_000

/**
 * A queue that has messages and gives them to nobody: a server that was killed may have noted that they were
 * settled, and have them still (seen of nats-server 2.9.10). Its consumer is made anew, and then gives what
 * is in the queue. No message is touched, so it does no harm where it was in vain: what is with a worker is
 * offered to others as well, who find its host taken, and later that it was visited.
 */
export class StuckQueue {
  readonly #queue: NatsQueueStream
  readonly #patience: NatsPatience
  /** What had been given, since when nothing was, and when that was seen last. */
  #lull: { readonly given: string; readonly since: Instant; readonly seen: Instant } | undefined

  constructor(queue: NatsQueueStream, patience: NatsPatience) {
    this.#queue = queue
    this.#patience = patience
  }

  /** Told again and again of a queue that is not empty, by a worker that asks for work and gets none. */
  async look(now: Instant): Promise<void> {
    const given = await this.#given()
    if (given === undefined) return await this.#make()
    const before = this.#lull
    const goesOn = before?.given === given && now - before.seen < PATIENCE
    const since = goesOn ? before.since : now
    this.#lull = { given, since, seen: now }
    // What is with a worker is offered again by its deadline.
    if (now - since <= this.#queue.deadline + PATIENCE) return
    const { manager, stream, consumer } = this.#queue
    await this.#patience.ask(() => manager.consumers.delete(stream, consumer)).catch(ignoreMissing)
    await this.#make()
  }

  /** @returns undefined where it is not there: another worker is just about to make it anew. */
  async #given(): Promise<string | undefined> {
    const { manager, stream, consumer } = this.#queue
    try {
      const info = await this.#patience.ask(() => manager.consumers.info(stream, consumer))
      return `${info.created} ${info.delivered.consumer_seq}`
    } catch (error) {
      return ignoreMissing(error)
    }
  }

  async #make(): Promise<void> {
    const { manager, stream, settings } = this.#queue
    await this.#patience.ask(() => manager.consumers.add(stream, settings))
  }
}

function ignoreMissing(error: unknown): undefined {
  if (answerCode(error) !== CONSUMER_NOT_FOUND) throw error
}
