import type { CancelTimer, Clock } from '../environment/clock.ts'
import { MINUTE } from '../environment/durations.ts'
import type { MemoryAccount } from '../environment/memory-account.ts'
import type { TurnLane } from '../environment/turn-scheduler.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { Outbox } from '../framing/outbox.ts'
import { type Slice, slicesOf } from '../framing/slices.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { writeCost } from '../stream/chunk-cost.ts'
import { streamFailure } from './stream-failure.ts'

/** Bytes queued above which `send` returns false, unless told otherwise (Core, `DEFAULT_MAXSENDBUFFER`). */
const DEFAULT_SEND_HIGH_WATER_MARK = 1_000_000

/** Milliseconds that a remote may take nothing, unless told otherwise (Core's `-peertimeout`). */
const DEFAULT_SEND_TIMEOUT = MINUTE

/** Bytes queued, or taken, before the account is told: small messages are not counted one by one. */
const ACCOUNT_STEP = 4_096

/**
 * Bytes written at once: a remote has the send timeout for each such slice, so that slow is told from stuck.
 */
const WRITE_SLICE = 262_144

export interface FrameWriterInit {
  readonly stream: ByteStream
  /** Where the codec puts what is to be sent. */
  readonly outbox: Outbox
  readonly clock: Clock
  readonly highWaterMark?: number | undefined
  readonly sendTimeout?: number | undefined
  readonly memory?: MemoryAccount | undefined
  /**
   * Of a stranger: the slices of what is long take turns with what others do, and count. Default: none wait.
   */
  readonly lane?: TurnLane | undefined
  /** Bytes that have been sent before. */
  readonly bytesSent: number
  /** The stream broke, or the remote takes nothing: whoever joins both halves ends the connection. */
  readonly onFailure: (failure: Error) => void
}

/** The sending half of a connection: what is in the outbox goes to the stream, slice by slice. */
export class FrameWriter {
  readonly #stream: ByteStream
  readonly #outbox: Outbox
  readonly #clock: Clock
  readonly #highWaterMark: number
  readonly #sendTimeout: number
  readonly #memory: MemoryAccount | undefined
  readonly #lane: TurnLane | undefined
  readonly #onFailure: (failure: Error) => void
  #bytesSent: number
  #accounted = 0
  #inFlight = 0
  /** Bytes of the parts in flight that have not been sent to their end: each is kept until then. */
  #kept = 0
  #flushing = false
  #failure: Error | undefined
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  #cancelDeadline: CancelTimer | undefined
  /** Wakes a write that waits for its turn. */
  #stopWaiting: (() => void) | undefined

  constructor(init: FrameWriterInit) {
    this.#stream = init.stream
    this.#outbox = init.outbox
    this.#clock = init.clock
    this.#highWaterMark = init.highWaterMark ?? DEFAULT_SEND_HIGH_WATER_MARK
    this.#sendTimeout = init.sendTimeout ?? DEFAULT_SEND_TIMEOUT
    this.#memory = init.memory
    this.#lane = init.lane
    this.#bytesSent = init.bytesSent
    this.#onFailure = init.onFailure
  }

  get bytesSent(): number {
    return this.#bytesSent
  }

  get queuedBytes(): number {
    return this.#outbox.length + this.#inFlight
  }

  /** More is queued than is to be. */
  get isFull(): boolean {
    return this.queuedBytes > this.#highWaterMark
  }

  /** Something has been put into the outbox: it leaves with whatever else this turn sends. */
  queued(): void {
    this.#account()
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => void this.#flush())
  }

  /** Resolves when no more is queued than is to be. Rejects where the connection ends before. */
  ready(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.isFull ? this.#released() : Promise.resolve()
  }

  /** Sends what is queued, and closes the stream. */
  async finish(): Promise<void> {
    while (this.queuedBytes > 0 && this.#failure === undefined) await this.#released()
    if (this.#failure !== undefined) throw this.#failure
    // The stream still holds some of it, and a remote that takes nothing would keep it for ever.
    this.#cancelDeadline = this.#clock.setTimer(this.#sendTimeout, this.#onSendTimeout)
    try {
      await this.#stream.close()
    } finally {
      this.#cancelDeadline()
    }
  }

  /** The connection has ended: what is queued is dropped, and whoever waits learns why. */
  fail(reason: Error): void {
    this.#failure = reason
    this.#cancelDeadline?.()
    this.#outbox.take()
    this.#inFlight = 0
    this.#kept = 0
    this.#account()
    this.#stopWaiting?.()
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }

  /** Writes until the outbox is empty: what is queued during one write leaves with the next. */
  async #flush(): Promise<void> {
    while (this.#outbox.length > 0 && this.#failure === undefined) {
      this.#inFlight = this.#outbox.length
      this.#kept = this.#outbox.length
      let isFirst = true
      for (const slice of slicesOf(this.#outbox.take(), WRITE_SLICE)) {
        if (!isFirst) await this.#turn()
        isFirst = false
        // A failure may have come while the slice was waiting.
        if (this.#hasFailed()) break
        await this.#write(slice)
        if (this.#hasFailed()) break
      }
      this.#inFlight = 0
      this.#kept = 0
      this.#account()
    }
    this.#flushing = false
  }

  /** What is short leaves at once. */
  async #turn(): Promise<void> {
    if (this.#lane === undefined) return
    this.#lane.enter()
    const wait = this.#lane.due()
    if (wait !== undefined) {
      // A turn may be long in coming: with the connection what it was to send is let go of.
      const ended = new Promise<void>((resolve) => {
        this.#stopWaiting = resolve
      })
      await Promise.race([wait, ended])
    }
    this.#lane.leave()
  }

  async #write({ parts, length, freed }: Slice): Promise<void> {
    this.#cancelDeadline = this.#clock.setTimer(this.#sendTimeout, this.#onSendTimeout)
    this.#lane?.charge(writeCost(length))
    try {
      await this.#stream.write(parts)
      this.#bytesSent += length
      if (this.#hasFailed()) return
      this.#inFlight -= length
      this.#kept -= freed
      this.#account()
      if (freed < length) {
        // Of a long part nothing is given back until its end; its remote takes what it is sent all the same.
        this.#memory?.give('sending', 1)
        this.#memory?.hold('sending', 1)
      }
      this.#release()
    } catch (cause) {
      this.#onFailure(streamFailure(cause))
    } finally {
      this.#cancelDeadline()
    }
  }

  #hasFailed(): boolean {
    return this.#failure !== undefined
  }

  readonly #onSendTimeout = (): void => {
    this.#onFailure(
      new TransportError('too-slow', 'The remote does not take what is sent to it', {
        phase: 'application',
        limit: this.#sendTimeout,
      }),
    )
  }

  #released(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  #release(): void {
    if (this.#waiting.length === 0 || this.isFull) return
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  #account(): void {
    if (this.#memory === undefined) return
    const held = this.#outbox.length + this.#kept
    const more = held - this.#accounted
    if (Math.abs(more) < ACCOUNT_STEP && held !== 0) return
    this.#accounted = held
    if (more > 0) this.#memory.hold('sending', more)
    else this.#memory.give('sending', -more)
  }
}
