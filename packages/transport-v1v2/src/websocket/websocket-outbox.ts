import type { Clock } from '../environment/clock.ts'
import { PART_OVERHEAD, SEND_HIGH_WATER_MARK } from '../stream/byte-stream.ts'
import type { WebSocketLike } from './websocket-like.ts'

/** Largest binary message sent: what is written in one piece leaves in several. */
const MAX_MESSAGE = 65_536
/** Milliseconds between two looks at a socket that is full: WebSockets do not say when they have drained. */
const DRAIN_INTERVAL = 5

/** What waits in a WebSocket to be sent. */
export class WebSocketOutbox {
  readonly #socket: WebSocketLike
  readonly #clock: Clock
  /** Messages that were given to the socket since it had sent all. */
  #unsent = 0

  constructor(socket: WebSocketLike, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
  }

  send(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; offset += MAX_MESSAGE) {
      this.#socket.send(bytes.slice(offset, offset + MAX_MESSAGE))
      this.#unsent += 1
    }
  }

  /**
   * Resolves once there is room for more.
   * @param throwIfOver Called after each wait: what waits in a socket that has closed is never sent, and
   * counts for ever.
   */
  async room(throwIfOver: () => void): Promise<void> {
    while (this.#isFull) {
      await new Promise<void>((resolve) => this.#clock.setTimer(DRAIN_INTERVAL, resolve))
      throwIfOver()
    }
  }

  get #isFull(): boolean {
    const { bufferedAmount } = this.#socket
    if (bufferedAmount === 0) this.#unsent = 0
    return bufferedAmount + PART_OVERHEAD * this.#unsent >= SEND_HIGH_WATER_MARK
  }
}
