import type { Socket } from 'node:net'
import { MINUTE } from '../environment/durations.ts'
import { TransportError } from '../errors/transport-error.ts'
import { type ByteStream, PART_OVERHEAD, SEND_HIGH_WATER_MARK } from '../stream/byte-stream.ts'
import { createReceiveQueue, type ReceiveQueue } from '../stream/receive-queue.ts'

/**
 * Silence on the connection after which the kernel starts probing whether the remote is there, milliseconds.
 */
const KEEP_ALIVE_DELAY = 2 * MINUTE

const NOTHING = new Uint8Array(0)

/** What a stream over a socket begins with. */
export interface TcpStreamOptions {
  /** Bytes that were read from the socket already and come first. */
  readonly head?: Uint8Array
}

/**
 * A connected TCP socket as a `ByteStream`. The socket belongs to the stream from here on: its listeners, its
 * back-pressure and its end. Turns Nagle's algorithm off and keep-alive on.
 */
export function tcpStream(socket: Socket, options: TcpStreamOptions = {}): ByteStream {
  return new TcpStream(socket, options.head)
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

class TcpStream implements ByteStream {
  readonly #socket: Socket
  readonly #received: ReceiveQueue
  #closed = false
  #failure: Error | undefined
  #writers: Waiting[] = []
  /** Parts that were written since the socket had sent all. */
  #parts = 0
  #closer: Waiting | undefined
  #closing: Promise<void> | undefined
  #corked = false

  constructor(socket: Socket, head: Uint8Array | undefined) {
    this.#socket = socket
    // Paused at 64 KiB; with the two chunks of 64 KiB that Node.js may hold itself, 256 KiB are never
    // reached.
    this.#received = createReceiveQueue({ pause: () => socket.pause(), resume: () => socket.resume() })
    // Half-close is the stream's business: Node.js would otherwise end our side when the remote ends its own.
    socket.allowHalfOpen = true
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY)
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    // Before the head is taken in, which pauses the socket again when it is a long one.
    if (!socket.destroyed && !socket.readableEnded) socket.resume()
    if (head !== undefined && head.length > 0) this.#onData(head)
    if (socket.destroyed) this.#onClose()
    else if (socket.readableEnded) this.#onEnd()
  }

  get remoteEnded(): boolean {
    return this.#received.ended
  }

  read(): Promise<Uint8Array | null> {
    return this.#received.read()
  }

  write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#closed) return Promise.reject(closedForWriting())
    const socket = this.#socket
    if (socket.writableLength === 0) this.#parts = 0
    this.#corkForThisTick()
    if (bytes instanceof Uint8Array) socket.write(bytes)
    else for (const part of bytes) socket.write(part)
    this.#parts += bytes instanceof Uint8Array ? 1 : bytes.length
    if (socket.writableLength + PART_OVERHEAD * this.#parts < SEND_HIGH_WATER_MARK) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#writers.push({ resolve, reject })
      // Of few bytes in many parts the socket does not tell when they are sent.
      if (!socket.writableNeedDrain) socket.write(NOTHING, this.#onWritten)
    })
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#closed = true
    this.#closing = new Promise((resolve, reject) => {
      this.#closer = { resolve, reject }
      this.#socket.end(() => {
        this.#closer = undefined
        resolve()
      })
    })
    return this.#closing
  }

  abort(reason: Error): void {
    this.#fail(reason, true)
    if (this.#socket.destroyed) return
    // A reset, so that the remote sees an abort and not the end of a stream. Unix sockets (a proxy on one)
    // have none.
    if (this.#socket.remoteAddress === undefined || this.#isEnding) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  /**
   * Whether our end is on its way to the kernel. Node.js cannot reset a socket then (EINVAL), and loses its
   * handle: the descriptor would never be closed, and the process spin at its end.
   */
  get #isEnding(): boolean {
    const { writableEnded, writableFinished, writableLength } = this.#socket
    return writableEnded && !writableFinished && writableLength === 0
  }

  /** Everything written in one turn of the event loop leaves in one system call. */
  #corkForThisTick(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#corked = false
      this.#socket.uncork()
    })
  }

  readonly #onData = (data: Uint8Array): void => {
    // A Buffer differs from a Uint8Array in `slice`, `toString` and equality: only the latter leaves this
    // class.
    this.#received.push(new Uint8Array(data.buffer, data.byteOffset, data.length))
  }

  readonly #onEnd = (): void => this.#received.end()

  readonly #onDrain = (): void => {
    this.#parts = 0
    for (const waiting of this.#writers.splice(0)) waiting.resolve()
  }

  readonly #onWritten = (error?: Error | null): void => {
    // Of a failure whoever waits is told by the socket's end.
    if (!error) this.#onDrain()
  }

  readonly #onError = (cause: Error): void => {
    this.#fail(new TransportError('stream-failed', `The connection broke: ${cause.message}`, { cause }))
  }

  readonly #onClose = (): void => {
    if (!this.#received.ended || this.#writers.length > 0 || this.#closer !== undefined) {
      this.#fail(new TransportError('stream-failed', 'The connection was closed'))
    }
    this.#closed = true
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('drain', this.#onDrain)
    this.#socket.off('close', this.#onClose)
  }

  #fail(reason: Error, discard = false): void {
    const failure = (this.#failure ??= reason)
    this.#received.fail(failure, { discard })
    for (const waiting of this.#writers.splice(0)) waiting.reject(failure)
    this.#closer?.reject(failure)
    this.#closer = undefined
  }
}

function closedForWriting(): TransportError {
  return new TransportError('closed', 'The stream has been closed for writing')
}
