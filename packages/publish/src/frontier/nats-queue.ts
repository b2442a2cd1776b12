import type { Consumer, ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream'
import { formatPeerAddress, type Network, type PeerAddress } from '@sapwood/wire-codec'
import type { NatsPatience } from './nats-patience.ts'
import { readAddress } from './read-address.ts'

/** Where the queue is on the server. */
export interface NatsQueueStream {
  readonly jetStream: JetStreamClient
  readonly manager: JetStreamManager
  /** The queue's stream, and what is sent to it. */
  readonly stream: string
  readonly subject: string
  readonly consumer: Consumer
}

/** What is asked to be visited. */
export interface Errand {
  readonly address: PeerAddress
  readonly round: number
}

/** The addresses that wait for their visit, and those that are with a worker. */
export class NatsQueue {
  readonly #stream: NatsQueueStream
  readonly #network: Network
  readonly #patience: NatsPatience

  constructor(stream: NatsQueueStream, network: Network, patience: NatsPatience) {
    this.#stream = stream
    this.#network = network
    this.#patience = patience
  }

  /** Within the server's window it is queued once, however often this is done. */
  async put({ address, round }: Errand): Promise<void> {
    const text = formatPeerAddress(address)
    const { jetStream, subject } = this.#stream
    await this.#patience.ask(() =>
      jetStream.publish(subject, JSON.stringify({ address: text, round }), { msgID: `${round} ${text}` }),
    )
  }

  async size(): Promise<number> {
    const { manager, stream } = this.#stream
    return (await this.#patience.ask(() => manager.streams.info(stream))).state.messages
  }

  /** @param expires milliseconds that the server keeps the request open where there is nothing. */
  fetch(most: number, expires: number): Promise<ConsumerMessages> {
    return this.#patience.ask(() => this.#stream.consumer.fetch({ max_messages: most, expires }))
  }

  /** @returns undefined where a message is none. */
  errandOf(message: JsMsg): Errand | undefined {
    const { address: text, round } = contentOf(message)
    const address = typeof text === 'string' ? readAddress(text, this.#network) : undefined
    if (address === undefined || typeof round !== 'number' || !Number.isSafeInteger(round)) return undefined
    return { address, round }
  }
}

function contentOf(message: JsMsg): { readonly address?: unknown; readonly round?: unknown } {
  try {
    // JSON has `null`, too.
    return message.json<{ readonly address?: unknown } | null>() ?? {}
  } catch {
    return {}
  }
}
