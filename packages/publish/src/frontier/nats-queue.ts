import type { ConsumerConfig, JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, type Network, type PeerAddress } from '@sapwood/wire-codec'
import { NatsDelivery } from './nats-delivery.ts'
import type { NatsPatience } from './nats-patience.ts'
import { NatsRequest, type RequestTarget } from './nats-request.ts'
import { readAddress } from './read-address.ts'

/** Where the queue is on the server. */
export interface NatsQueueStream extends RequestTarget {
  readonly jetStream: JetStreamClient
  readonly manager: JetStreamManager
  /** The queue's stream, and what is sent to it. */
  readonly stream: string
  readonly subject: string
  /** The name of its one consumer, which all workers share. */
  readonly consumer: string
  /** How that is made. */
  readonly settings: Partial<ConsumerConfig>
  /** Milliseconds that a visit may take: that of whoever made the queue, for all workers. */
  readonly deadline: number
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

  /** Asks for so many, as soon as there are any. @param onDelivery is told of each. */
  request(most: number, clock: Clock, onDelivery: (delivery: NatsDelivery) => void): NatsRequest {
    const { connection } = this.#stream
    return new NatsRequest(this.#stream, most, {
      clock,
      onMessage: (message) => onDelivery(new NatsDelivery(connection, message)),
    })
  }

  /**
   * Makes the server look who still asks: what is given back next it would else take out of its list for one
   * who has left (nats-server 2.9.10), and it would be with nobody until its deadline.
   */
  async forgetRequests(): Promise<void> {
    const { manager, stream, consumer } = this.#stream
    await manager.consumers.info(stream, consumer)
  }

  /** @returns undefined where a message is none. */
  errandOf(delivery: NatsDelivery): Errand | undefined {
    const { address: text, round } = (delivery.content() ?? {}) as { address?: unknown; round?: unknown }
    const address = typeof text === 'string' ? readAddress(text, this.#network) : undefined
    if (address === undefined || typeof round !== 'number' || !Number.isSafeInteger(round)) return undefined
    return { address, round }
  }
}
