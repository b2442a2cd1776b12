import type { Clock } from '../environment/clock.ts'
import { systemClock } from '../environment/default-clock.ts'
import { TransportError } from '../errors/transport-error.ts'
import { abortStream } from '../stream/abort-stream.ts'
import { type ByteStream, SEND_HIGH_WATER_MARK } from '../stream/byte-stream.ts'
import { createReceiveQueue, type ReceiveQueue } from '../stream/receive-queue.ts'
import type { WebSocketLike } from './websocket-like.ts'

/** Largest binary message sent: what is written in one piece leaves in several. */
const MAX_MESSAGE = 65_536
/** Milliseconds between two looks at a socket that is full: WebSockets do not say when they have drained. */
const DRAIN_INTERVAL = 5
/** What a message that waits to be sent takes beside its bytes; see `PART_OVERHEAD` of streams over TCP. */
const MESSAGE_OVERHEAD = 1_024
const CLOSE_NORMAL = 1_000

/** An open WebSocket as a `ByteStream`. An empty message ends the sender's side: there is no half-close. */
export function websocketStream(
  socket: WebSocketLike,
  components: { readonly clock?: Clock } = {},
): ByteStream {
  return new WebSocketStream(socket, components.clock ?? systemClock)
}

class WebSocketStream implements ByteStream {
  readonly #socket: WebSocketLike
  readonly #clock: Clock
  readonly #received: ReceiveQueue
  #failure: Error | undefined
  #closed = false
  /** Messages that were given to the socket since it had sent all. */
  #unsent = 0
  #isGone = false

  constructor(socket: WebSocketLike, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    this.#received = createReceiveQueue({ pause: () => socket.pause?.(), resume: () => socket.resume?.() })
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', this.#onMessage)
    socket.addEventListener('close', this.#onClose)
    // An error is always followed by a close, which says all there is to say.
    socket.addEventListener('error', () => undefined)
  }

  read(): Promise<Uint8Array | null> {
    return this.#received.read()
  }

  async write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
    this.#throwIfFailed()
    if (this.#closed) throw new TransportError('closed', 'The stream has been closed for writing')
    for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) {
      for (let offset = 0; offset < part.length; offset += MAX_MESSAGE) {
        this.#socket.send(part.slice(offset, offset + MAX_MESSAGE))
        this.#unsent += 1
      }
    }
    while (this.#isFull) {
      await new Promise<void>((resolve) => this.#clock.setTimer(DRAIN_INTERVAL, resolve))
      this.#throwIfFailed()
      // What waits in a socket that has closed is never sent, and counts for ever.
      if (this.#isGone) throw failure('The WebSocket closed')
    }
  }

  close(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (!this.#closed) this.#socket.send(new Uint8Array(0))
    this.#closed = true
    this.#closeWhenOver()
    return Promise.resolve()
  }

  abort(reason: Error): void {
    this.#fail(reason, true)
    if (this.#socket.terminate === undefined) this.#socket.close()
    else this.#socket.terminate()
  }

  get #isFull(): boolean {
    const { bufferedAmount } = this.#socket
    if (bufferedAmount === 0) this.#unsent = 0
    return bufferedAmount + MESSAGE_OVERHEAD * this.#unsent >= SEND_HIGH_WATER_MARK
  }

  readonly #onMessage = ({ data }: { readonly data: unknown }): void => {
    if (!(data instanceof ArrayBuffer)) return abortStream(this, failure('A message is not binary'))
    if (data.byteLength > 0) return this.#received.push(new Uint8Array(data))
    this.#received.end()
    this.#closeWhenOver()
  }

  readonly #onClose = (): void => {
    this.#isGone = true
    if (!this.#received.ended || !this.#closed) this.#fail(failure('The WebSocket closed'))
  }

  #closeWhenOver(): void {
    if (this.#received.ended && this.#closed) this.#socket.close(CLOSE_NORMAL)
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail(reason: Error, discard = false): void {
    this.#received.fail((this.#failure ??= reason), { discard })
  }
}

const failure = (message: string): TransportError => new TransportError('stream-failed', message)
