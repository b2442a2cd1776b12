import type { AnyMessage } from '@sapwood/wire-codec'
import { type Instant, isThenable, type MemoryAccount } from '@sapwood/transport-v1v2/environment'
import { createChannel } from '../channel/bounded-channel.ts'
import type { Channel } from '../contract/channel.ts'
import { PeerError } from '../contract/peer-error.ts'
import type { PeerId } from '../contract/peer-id.ts'
import type {
  PeerMessage as MessageOf,
  PeerNotification as NotificationOf,
} from '../contract/peer-message.ts'

type PeerMessage = MessageOf<AnyMessage>
type PeerNotification = NotificationOf<AnyMessage>

/** Notifications held for `messages()`, and bytes of their payloads, or one message. */
const MESSAGE_QUEUE = 64
const MAX_MESSAGE_BYTES = 4_000_000

type Sink = Pick<Channel<PeerNotification>, 'send' | 'trySend'>

/** The channel from a peer to its owner: in order, bounded, and never waited for inside the state machine. */
export class Notifier {
  readonly #id: PeerId
  readonly #capacity: number
  readonly #shared: boolean
  #sink: Sink | undefined
  #own: Channel<PeerNotification> | undefined
  /** What did not fit: a few at most, as the peer stops reading until they are gone. */
  readonly #backlog: PeerNotification[] = []
  #draining: Promise<void> | undefined
  #finished = false
  /** The end has been told: nothing follows it. */
  #ended = false

  readonly #memory: MemoryAccount

  constructor(id: PeerId, sink: Sink | undefined, memory: MemoryAccount, capacity: number = MESSAGE_QUEUE) {
    this.#memory = memory
    this.#id = id
    this.#sink = sink
    this.#shared = sink !== undefined
    this.#capacity = capacity
  }

  notify(message: PeerMessage, at: Instant): void {
    if (this.#ended) return
    this.#ended = message.type === 'disconnected'
    const sink = this.#sink
    if (sink === undefined) return
    const notification: PeerNotification = { type: 'peer', peer: this.#id, at, message }
    if (this.#backlog.length === 0 && trySend(sink, notification)) {
      if (sink === this.#own) this.#memory.hold('notifications', payloadBytes(notification))
      return
    }
    this.#backlog.push(notification)
    this.#memory.hold('notifications', payloadBytes(notification))
    // Not at once: a channel that throws would have it over before it is noted as begun, and noted for ever.
    this.#draining ??= Promise.resolve().then(() => this.#drain())
  }

  /** A promise while the owner has not taken everything; undefined when it has. */
  pending(): Promise<void> | undefined {
    return this.#draining
  }

  /** Lets go of what the owner has not taken: only the end is told. */
  drop(): void {
    this.#backlog.length = 0
  }

  /** Nothing follows. */
  async finish(): Promise<void> {
    this.#finished = true
    await this.#draining
    this.#own?.close()
  }

  /**
   * The peer's own channel as an iterable. What was said before the call is not kept: a peer whose owner
   * never reads must not stand still.
   */
  messages(): AsyncIterable<PeerNotification> {
    if (this.#shared)
      throw new PeerError('invalid-argument', 'messages go to the notifications channel that was given')
    const weight = { of: payloadBytes, limit: MAX_MESSAGE_BYTES }
    const channel = (this.#own ??= createChannel(this.#capacity, weight))
    if (this.#finished) channel.close()
    else this.#sink = channel
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const next = await channel[Symbol.asyncIterator]().next()
          if (next.done !== true) this.#give(next.value)
          return next
        },
        return: () => {
          this.#sink = undefined
          this.#own = undefined
          channel.close()
          for (let left = channel.tryReceive(); left !== undefined; left = channel.tryReceive())
            this.#give(left)
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    }
  }

  async #drain(): Promise<void> {
    for (let next = this.#backlog[0]; next !== undefined; next = this.#backlog[0]) {
      try {
        const sink = this.#sink
        await sink?.send(next)
        // What waits for `messages()` is held on until it is taken.
        if (sink === undefined || sink !== this.#own) this.#give(next)
      } catch {
        // The owner closed its channel: nobody is there to be told.
        for (const left of this.#backlog.splice(0)) this.#give(left)
      }
      if (this.#backlog[0] === next) this.#backlog.shift()
    }
    this.#draining = undefined
  }

  #give(notification: PeerNotification): void {
    this.#memory.give('notifications', payloadBytes(notification))
  }
}

/** One that throws is like one that is closed. */
function trySend(sink: Sink, notification: PeerNotification): boolean {
  try {
    const isTaken: unknown = sink.trySend(notification)
    if (isThenable(isTaken)) isTaken.then(undefined, () => undefined)
    return Boolean(isTaken)
  } catch {
    return false
  }
}

function payloadBytes({ message }: PeerNotification): number {
  return message.type === 'message' ? message.payload.length : 0
}
