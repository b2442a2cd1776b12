import type { ReadTransport } from '@sapwood/transport-v1v2'
import type { Clock, MemoryAccount } from '@sapwood/transport-v1v2/environment'
import type { Channel } from '../contract/channel.ts'
import { heldBytes, type ReaderMessage } from './reader-message.ts'

/**
 * Reads a transport and passes on what arrives, with the time at which it did. While its channel is full it
 * does not read, and the remote feels it. It ends with the transport, or when `signal` fires. What it passes
 * on is counted as `reading` on `memory`, and given back by whoever takes it.
 */
export class MessageActor {
  readonly #reader: ReadTransport
  readonly #channel: Channel<ReaderMessage>
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #memory: MemoryAccount | undefined

  constructor(
    reader: ReadTransport,
    channel: Channel<ReaderMessage>,
    clock: Clock,
    signal: AbortSignal,
    memory?: MemoryAccount,
  ) {
    this.#reader = reader
    this.#channel = channel
    this.#clock = clock
    this.#signal = signal
    this.#memory = memory
  }

  /** Reads until the end. Never rejects. */
  async run(): Promise<void> {
    while (await this.#pass()) {
      // A function of its own: what it has passed on is not kept while the next is waited for.
    }
  }

  /** @returns whether more may follow. */
  async #pass(): Promise<boolean> {
    const message = await this.#next()
    // Whatever was read once the peer has ended is of no use to anyone.
    if (this.#signal.aborted) return false
    try {
      if (!this.#channel.trySend(message)) await this.#channel.send(message)
    } catch {
      return false
    }
    return message.type === 'messages'
  }

  async #next(): Promise<ReaderMessage> {
    try {
      const messages = await this.#reader.read()
      const at = this.#clock.now()
      if (messages === null) return { type: 'end', at }
      const bytes = heldBytes(messages)
      this.#memory?.hold('reading', bytes)
      return { type: 'messages', messages, bytes, at }
    } catch (error) {
      return { type: 'error', error, at: this.#clock.now() }
    }
  }
}
