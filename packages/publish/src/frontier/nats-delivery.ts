import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { inNanoseconds } from '../time/in-nanoseconds.ts'

/** What is answered to a message of a work queue (NATS, JetStream consumers, "Acknowledgment"). */
const ANSWER = { done: '+ACK', again: '-NAK', never: '+TERM' }
/** Milliseconds that the server has to say that it has heard one. */
const HEARD_WITHIN = 5_000

/** A message of the queue that this worker was given: it is the worker's until an answer, or its deadline. */
export class NatsDelivery {
  readonly #connection: NatsConnection
  readonly #message: Msg

  constructor(connection: NatsConnection, message: Msg) {
    this.#connection = connection
    this.#message = message
  }

  /** What it says, as JSON. @returns undefined where it is none. */
  content(): unknown {
    try {
      return this.#message.json()
    } catch {
      return undefined
    }
  }

  /** It is taken out of the queue, soon. */
  done(): void {
    this.#message.respond(ANSWER.done)
  }

  /** The same. @returns when the server has noted it. */
  async noted(): Promise<void> {
    await this.#connection.request(this.#message.reply!, ANSWER.done, { timeout: HEARD_WITHIN })
  }

  /** It is nothing for anybody. */
  never(): void {
    this.#message.respond(ANSWER.never)
  }

  /** It is to be offered again, to whoever asks. @param after so many milliseconds. */
  again(after = 0): void {
    const delay = after === 0 ? '' : ` ${JSON.stringify({ delay: inNanoseconds(after) })}`
    this.#message.respond(`${ANSWER.again}${delay}`)
  }
}
