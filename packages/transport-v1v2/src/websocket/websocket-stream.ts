import type { Clock } from '../environment/clock.ts'
import { systemClock } from '../environment/default-clock.ts'
import { TransportError } from '../errors/transport-error.ts'
import { abortStream } from '../stream/abort-stream.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { createReceiveQueue, type ReceiveQueue } from '../stream/receive-queue.ts'
import type { WebSocketLike } from './websocket-like.ts'
import { WebSocketOutbox } from './websocket-outbox.ts'

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
  readonly #received: ReceiveQueue
  readonly #outbox: WebSocketOutbox
  #failure: Error | undefined
  #closed = false
  #isGone = false

  constructor(socket: WebSocketLike, clock: Clock) {
    this.#socket = socket
    this.#outbox = new WebSocketOutbox(socket, clock)
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
    for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) this.#outbox.send(part)
    await this.#outbox.room(() => {
      this.#throwIfFailed()
      if (this.#isGone) throw failure('The WebSocket closed')
    })
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
