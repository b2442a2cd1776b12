import type { CancelTimer, Clock } from '../environment/clock.ts'
import { TransportError, isTransportError } from '../errors/transport-error.ts'
import type { MessageCodec } from '../framing/message-codec.ts'
import { type Slice, slicesOf } from '../framing/slices.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import type { TransportProtocol } from './attempt.ts'
import { CommandCounter } from './command-counter.ts'
import type {
  ReadTransport,
  Transport,
  TransportMessage,
  TransportStats,
  WriteTransport,
} from './transport.ts'

/** Bytes queued above which `send` returns false, unless told otherwise (Core DEFAULT_MAXSENDBUFFER). */
export const DEFAULT_SEND_HIGH_WATER_MARK = 1_000_000

/** Milliseconds that a remote may take nothing, unless told otherwise (Core's `-peertimeout`). */
export const DEFAULT_SEND_TIMEOUT = 60_000

/** Bytes written at once: a remote has the send timeout for each such slice, so that slow is told from stuck. */
const WRITE_SLICE = 262_144

export interface FramedTransportInit {
  readonly protocol: TransportProtocol
  readonly sessionId?: Uint8Array | undefined
  readonly stream: ByteStream
  readonly codec: MessageCodec
  readonly clock: Clock
  /** Messages that arrived together with the end of the handshake. */
  readonly early?: readonly TransportMessage[]
  readonly handshakeBytesSent: number
  readonly handshakeBytesReceived: number
  readonly handshakeMilliseconds: number
  readonly highWaterMark?: number | undefined
  readonly sendTimeout?: number | undefined
}

/** Joins a codec to a stream: the only code of a connection that waits. */
export class FramedTransport implements Transport, ReadTransport, WriteTransport {
  readonly protocol: TransportProtocol
  declare readonly sessionId?: Uint8Array
  readonly #stream: ByteStream
  readonly #codec: MessageCodec
  readonly #clock: Clock
  readonly #highWaterMark: number
  readonly #sendTimeout: number
  readonly #handshakeMilliseconds: number
  readonly #received = new CommandCounter()
  readonly #sent = new CommandCounter()
  #early: TransportMessage[]
  #bytesReceived: number
  #bytesSent: number
  #inFlight = 0
  #flushing = false
  #failure: Error | undefined
  #readEnded = false
  #writeEnded = false
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  #closing: Promise<void> | undefined
  #cancelDeadline: CancelTimer | undefined

  constructor(init: FramedTransportInit) {
    this.protocol = init.protocol
    if (init.sessionId !== undefined) this.sessionId = init.sessionId
    this.#stream = init.stream
    this.#codec = init.codec
    this.#clock = init.clock
    this.#highWaterMark = init.highWaterMark ?? DEFAULT_SEND_HIGH_WATER_MARK
    this.#sendTimeout = init.sendTimeout ?? DEFAULT_SEND_TIMEOUT
    this.#handshakeMilliseconds = init.handshakeMilliseconds
    this.#early = [...(init.early ?? [])]
    for (const { command, payload } of this.#early) this.#received.add(command, payload.length)
    this.#bytesReceived = init.handshakeBytesReceived
    this.#bytesSent = init.handshakeBytesSent
  }

  get reader(): ReadTransport {
    return this
  }

  get writer(): WriteTransport {
    return this
  }

  get queuedBytes(): number {
    return this.#codec.outbox.length + this.#inFlight
  }

  async read(): Promise<readonly TransportMessage[] | null> {
    if (this.#early.length > 0) {
      const early = this.#early
      this.#early = []
      return early
    }
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#readEnded) return null
      const chunk = await this.#readChunk()
      if (chunk === null) {
        this.#endReading()
        continue
      }
      const messages = this.#decode(chunk)
      if (messages.length > 0) return messages
    }
  }

  send(message: TransportMessage): boolean {
    if (this.#failure !== undefined) throw this.#ended(this.#failure)
    if (this.#writeEnded) throw new TransportError('closed', 'The connection has been closed')
    this.#codec.frame(message)
    this.#sent.add(message.command, message.payload.length)
    this.#scheduleFlush()
    return this.queuedBytes <= this.#highWaterMark
  }

  ready(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.queuedBytes <= this.#highWaterMark) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  close(): Promise<void> {
    if (this.#failure !== undefined) return Promise.resolve()
    this.#writeEnded = true
    this.#closing ??= this.#finish()
    return this.#closing
  }

  stats(): TransportStats {
    return {
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
      messagesReceived: this.#received.messages,
      messagesSent: this.#sent.messages,
      ...this.#codec.counters(),
      handshakeMilliseconds: this.#handshakeMilliseconds,
      received: this.#received.snapshot(),
      sent: this.#sent.snapshot(),
    }
  }

  abort(reason: Error): void {
    this.#fail(reason)
    this.#stream.abort(reason)
  }

  async #readChunk(): Promise<Uint8Array | null> {
    try {
      return await this.#stream.read()
    } catch (cause) {
      const failure = streamFailure(cause)
      this.#fail(failure)
      // One that only its reading half failed on is open still.
      this.#stream.abort(failure)
      throw this.#failure ?? failure
    }
  }

  #decode(chunk: Uint8Array): readonly TransportMessage[] {
    if (this.#failure !== undefined) throw this.#failure
    this.#bytesReceived += chunk.length
    const messages: TransportMessage[] = []
    try {
      this.#codec.receive(chunk, messages)
    } catch (error) {
      // What came before the offence is good, and is delivered; the next read reports the offence.
      const failure = streamFailure(error)
      this.#fail(failure)
      this.#stream.abort(failure)
    }
    for (const { command, payload } of messages) this.#received.add(command, payload.length)
    return messages
  }

  #endReading(): void {
    if (!this.#codec.atBoundary) {
      this.#fail(
        new TransportError('unexpected-end', 'The remote ended the connection in the middle of a message', {
          phase: 'application',
        }),
      )
      this.#stream.abort(this.#failure!)
      return
    }
    this.#readEnded = true
    this.#wipeWhenOver()
  }

  #scheduleFlush(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => void this.#flush())
  }

  /** Writes until the outbox is empty: what is queued during one write leaves with the next. */
  async #flush(): Promise<void> {
    while (this.#codec.outbox.length > 0 && this.#failure === undefined) {
      this.#inFlight = this.#codec.outbox.length
      for (const slice of slicesOf(this.#codec.outbox.take(), WRITE_SLICE)) {
        await this.#write(slice)
        // A failure may have come while the slice was waiting.
        if (this.#hasFailed()) break
      }
      this.#inFlight = 0
    }
    this.#flushing = false
  }

  async #write({ parts, length }: Slice): Promise<void> {
    this.#cancelDeadline = this.#clock.setTimer(this.#sendTimeout, this.#onSendTimeout)
    try {
      await this.#stream.write(parts)
      this.#bytesSent += length
      this.#inFlight -= length
      this.#release()
    } catch (cause) {
      const failure = streamFailure(cause)
      this.#fail(failure)
      this.#stream.abort(failure)
    } finally {
      this.#cancelDeadline()
    }
  }

  #hasFailed(): boolean {
    return this.#failure !== undefined
  }

  readonly #onSendTimeout = (): void => {
    const failure = new TransportError('too-slow', 'The remote does not take what is sent to it', {
      phase: 'application',
      limit: this.#sendTimeout,
    })
    this.abort(failure)
  }

  #release(): void {
    if (this.#waiting.length === 0 || this.queuedBytes > this.#highWaterMark) return
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  async #finish(): Promise<void> {
    while (this.queuedBytes > 0 && this.#failure === undefined) await this.#drained()
    if (this.#failure !== undefined) throw this.#failure
    // The stream still holds some of it, and a remote that takes nothing would keep it for ever.
    this.#cancelDeadline = this.#clock.setTimer(this.#sendTimeout, this.#onSendTimeout)
    try {
      await this.#stream.close()
    } finally {
      this.#cancelDeadline()
    }
    this.#wipeWhenOver()
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  #wipeWhenOver(): void {
    if (this.#readEnded && this.#writeEnded && this.queuedBytes === 0) this.#codec.wipe()
  }

  #fail(reason: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#cancelDeadline?.()
    this.#codec.outbox.take()
    this.#codec.wipe()
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }

  #ended(failure: Error): Error {
    return isTransportError(failure) && failure.code === 'closed'
      ? failure
      : new TransportError('closed', 'The connection has ended', { cause: failure })
  }
}

/** A stream's failure as a `TransportError`. */
export function streamFailure(cause: unknown): Error {
  if (isTransportError(cause)) return cause
  return new TransportError('stream-failed', cause instanceof Error ? cause.message : 'The stream broke', {
    cause,
  })
}
