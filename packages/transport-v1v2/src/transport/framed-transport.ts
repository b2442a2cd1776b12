import type { Contents } from '@sapwood/wire-codec'
import type { Clock } from '../environment/clock.ts'
import { schedulerFor } from '../environment/default-turn-scheduler.ts'
import type { MemoryAccount } from '../environment/memory-account.ts'
import type { TurnLane, TurnScheduler } from '../environment/turn-scheduler.ts'
import { TransportError, isTransportError, type TransportProtocol } from '../errors/transport-error.ts'
import type { FrameCodec } from '../framing/frame-codec.ts'
import { abortStream } from '../stream/abort-stream.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { chunkCost } from '../stream/chunk-cost.ts'
import { WasteLimit } from './waste-limit.ts'
import { CommandCounter } from './command-counter.ts'
import { FrameWriter } from './frame-writer.ts'
import { streamFailure } from './stream-failure.ts'
import type { ReadTransport, Transport, TransportStats, WriteTransport } from './transport.ts'

/**
 * Bytes decoded at once, but for a message that is known to be longer: 8 KiB are hundreds of decoys, or
 * of messages without a payload, which take some ten times their bytes while they wait to be handled.
 */
const READ_SLICE = 8_192

/** Bytes that a stream gives at once, for which there has to be room before it is read. */
const READ_CHUNK = 65_536

export interface FramedTransportInit {
  readonly protocol: TransportProtocol
  readonly sessionId?: Uint8Array | undefined
  readonly stream: ByteStream
  readonly codec: FrameCodec
  readonly clock: Clock
  /** Messages that arrived together with the end of the handshake. */
  readonly early?: readonly Contents[]
  readonly handshakeBytesSent: number
  readonly handshakeBytesReceived: number
  readonly handshakeMilliseconds: number
  readonly highWaterMark?: number | undefined
  readonly sendTimeout?: number | undefined
  /** What is held of messages in either direction is counted here. Default: nowhere. */
  readonly memory?: MemoryAccount | undefined
  /** Default: that which goes with `clock`. */
  readonly scheduler?: TurnScheduler | undefined
}

/** Joins a codec to a stream: the only code of a connection that waits. */
export class FramedTransport implements Transport, ReadTransport, WriteTransport {
  readonly protocol: TransportProtocol
  declare readonly sessionId?: Uint8Array
  readonly #stream: ByteStream
  readonly #codec: FrameCodec
  readonly #handshakeMilliseconds: number
  readonly #received = new CommandCounter()
  readonly #sent = new CommandCounter()
  readonly #memory: MemoryAccount | undefined
  readonly #lane: TurnLane
  readonly #waste: WasteLimit
  readonly #writer: FrameWriter
  #early: Contents[]
  /** What has been read and not been decoded. */
  #unread: Uint8Array | undefined
  #accountedReading = 0
  /** Size of the message under way whose room has been taken as a whole; 0 for none. */
  #reserved = 0
  #bytesReceived: number
  #failure: Error | undefined
  #readEnded = false
  #writeEnded = false
  #closing: Promise<void> | undefined
  /** Wakes a read that waits for room. */
  #stopWaiting: (() => void) | undefined

  constructor(init: FramedTransportInit) {
    this.protocol = init.protocol
    if (init.sessionId !== undefined) this.sessionId = init.sessionId
    this.#stream = init.stream
    this.#codec = init.codec
    this.#handshakeMilliseconds = init.handshakeMilliseconds
    this.#memory = init.memory
    this.#waste = new WasteLimit(init.clock)
    // Without a budget there is nobody who chose whom to connect to.
    const kind = init.memory === undefined ? 'own' : init.memory.rank === 'inbound' ? 'stranger' : 'chosen'
    const scheduler = init.scheduler ?? schedulerFor(init.clock)
    this.#lane = scheduler.lane(kind, init.memory)
    this.#early = [...(init.early ?? [])]
    for (const { command, payload } of this.#early) this.#received.add(command, payload.length)
    this.#bytesReceived = init.handshakeBytesReceived
    this.#writer = new FrameWriter({
      ...init,
      ...(kind === 'stranger' && { lane: scheduler.lane(kind, init.memory) }),
      outbox: init.codec.outbox,
      bytesSent: init.handshakeBytesSent,
      onFailure: (failure) => this.abort(failure),
    })
  }

  get reader(): ReadTransport {
    return this
  }

  get writer(): WriteTransport {
    return this
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes
  }

  async read(): Promise<readonly Contents[] | null> {
    if (this.#early.length > 0) {
      const early = this.#early
      this.#early = []
      return early
    }
    // What was done since the last read is whoever's took what that read.
    this.#lane.enter()
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      // With nothing to decode there is nothing to wait for a turn for.
      const wait = this.#unread === undefined ? this.#waitForRoom() : this.#lane.due()
      if (wait !== undefined) {
        await wait
        continue
      }
      if (this.#unread === undefined) {
        if (this.#readEnded) return null
        const chunk = await this.#readChunk()
        if (chunk === null) this.#endReading()
        else this.#unread = chunk
        continue
      }
      const messages = this.#decode(this.#takeSlice(this.#unread))
      if (messages.length > 0) return messages
    }
  }

  expectLarge(command: string, expected: boolean): void {
    this.#codec.payloadLimits.expect(command, expected)
  }

  send(message: Contents): boolean {
    if (this.#failure !== undefined) throw this.#ended(this.#failure)
    if (this.#writeEnded) throw new TransportError('closed', 'The connection has been closed')
    try {
      this.#codec.frame(message)
    } catch (cause) {
      // A typed one is of the message alone. Any other is of the program's shaping or randomness: what is
      // half sealed can be followed by nothing, and nobody would know why we are mute.
      const failure = streamFailure(cause)
      if (failure !== cause) this.abort(failure)
      throw failure
    }
    this.#sent.add(message.command, message.payload.length)
    this.#writer.queued()
    return !this.#writer.isFull
  }

  ready(): Promise<void> {
    return this.#writer.ready()
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
      bytesSent: this.#writer.bytesSent,
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
    abortStream(this.#stream, reason)
  }

  async #readChunk(): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#stream.read()
      if (this.#failure !== undefined) throw this.#failure
      if (chunk !== null) {
        this.#bytesReceived += chunk.length
        this.#lane.enter()
        this.#lane.charge(chunkCost(chunk))
      }
      return chunk
    } catch (cause) {
      const failure = streamFailure(cause)
      this.#fail(failure)
      // One that only its reading half failed on is open still.
      abortStream(this.#stream, failure)
      throw this.#failure ?? failure
    }
  }

  /**
   * What has to be waited for before more is read. For a message that is held in part the room is taken as a
   * whole: of many that each had a part of it none would ever be complete.
   */
  #waitForRoom(): Promise<void> | undefined {
    if (this.#memory === undefined || this.#unread !== undefined) return undefined
    const { partialBytes, missingBytes } = this.#codec
    const size = partialBytes + missingBytes
    if (partialBytes > 0 && size === this.#reserved) return undefined
    const more = partialBytes > 0 ? Math.max(READ_CHUNK, size - this.#accountedReading) : READ_CHUNK
    if (partialBytes > 0 && this.#memory.take('reading', size - this.#accountedReading)) {
      this.#accountedReading = size
      this.#reserved = size
      return undefined
    }
    const room = this.#memory.room(more)
    if (room === undefined) return undefined
    const ended = new Promise<void>((resolve) => {
      this.#stopWaiting = resolve
    })
    return Promise.race([room, ended])
  }

  /** The next bytes to decode: a message that is known to need more is given them all. */
  #takeSlice(unread: Uint8Array): Uint8Array {
    const length = Math.max(READ_SLICE, this.#codec.missingBytes)
    if (unread.length <= length) {
      this.#unread = undefined
      return unread
    }
    this.#unread = unread.subarray(length)
    return unread.subarray(0, length)
  }

  #decode(chunk: Uint8Array): readonly Contents[] {
    const messages: Contents[] = []
    try {
      this.#codec.receive(chunk, messages)
      this.#waste.look(this.#codec, messages.length, payloadBytes(messages))
    } catch (error) {
      // What came before the offence is good, and is delivered; the next read reports the offence.
      const failure = streamFailure(error)
      this.#fail(failure)
      abortStream(this.#stream, failure)
    }
    for (const { command, payload } of messages) this.#received.add(command, payload.length)
    this.#accountReading()
    this.#lane.leave()
    return messages
  }

  #accountReading(): void {
    if (this.#memory === undefined || this.#failure !== undefined) return
    const { partialBytes, missingBytes } = this.#codec
    if (partialBytes === 0 || partialBytes + missingBytes !== this.#reserved) this.#reserved = 0
    const held = Math.max(partialBytes, this.#reserved) + (this.#unread?.length ?? 0)
    const more = held - this.#accountedReading
    if (more === 0) return
    this.#accountedReading = held
    if (more > 0) this.#memory.hold('reading', more)
    else this.#memory.give('reading', -more)
  }

  #endReading(): void {
    if (!this.#codec.atBoundary) {
      this.#fail(
        new TransportError('unexpected-end', 'The remote ended the connection within a message', {
          phase: 'application',
        }),
      )
      abortStream(this.#stream, this.#failure!)
      return
    }
    this.#readEnded = true
    this.#wipeWhenOver()
  }

  async #finish(): Promise<void> {
    await this.#writer.finish()
    this.#wipeWhenOver()
  }

  #wipeWhenOver(): void {
    if (this.#readEnded && this.#writeEnded && this.queuedBytes === 0) this.#codec.wipe()
  }

  #fail(reason: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#writer.fail(reason)
    this.#codec.wipe()
    this.#unread = undefined
    this.#memory?.give('reading', this.#accountedReading)
    this.#accountedReading = 0
    this.#stopWaiting?.()
  }

  #ended(failure: Error): Error {
    return isTransportError(failure) && failure.code === 'closed'
      ? failure
      : new TransportError('closed', 'The connection has ended', { cause: failure })
  }
}

function payloadBytes(messages: readonly Contents[]): number {
  let bytes = 0
  for (const { payload } of messages) bytes += payload.length
  return bytes
}
