import { type ByteStream, TransportError } from '@sapwood/transport-v1v2'
import { AsyncQueue, type CancelTimer, type Clock } from '@sapwood/transport-v1v2/environment'

/** How a simulated connection carries bytes. */
export interface LinkQuality {
  /** Milliseconds that a byte is under way. */
  readonly latency: number
  /** Bytes a millisecond, in each direction. */
  readonly bandwidth: number
}

/** A simulated connection, as the network sees it. */
export interface SimulatedLink {
  readonly ends: readonly [ByteStream, ByteStream]
  /** Both ends fail, as when the line between them goes. */
  cut(): void
}

/** Bytes under way or not yet read in one direction, above which its writer has to wait. */
const HIGH_WATER_MARK = 262_144

/**
 * Two ends of a connection whose bytes take their time. `onEnd` is called once, when both directions are
 * over.
 */
export function createSimulatedLink(clock: Clock, quality: LinkQuality, onEnd: () => void): SimulatedLink {
  let ended = false
  const finish = (): void => {
    if (ended || !(there.over && back.over)) return
    ended = true
    onEnd()
  }
  const there = new Direction(clock, quality, finish)
  const back = new Direction(clock, quality, finish)
  return {
    ends: [new LinkEnd(back, there), new LinkEnd(there, back)],
    cut: () => {
      const lost = new TransportError('stream-failed', 'The simulated connection was lost')
      there.fail(lost, lost)
      back.fail(lost, lost)
    },
  }
}

interface WaitingWriter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What goes from one end to the other. */
class Direction {
  readonly #clock: Clock
  readonly #quality: LinkQuality
  readonly #onOver: () => void
  /** `null` is the end, which is on its way as bytes are. */
  readonly #arrived: AsyncQueue<Uint8Array | null> = new AsyncQueue<Uint8Array | null>({
    onTake: (what) => this.#taken(what),
  })
  readonly #underWay = new Set<CancelTimer>()
  readonly #writers: WaitingWriter[] = []
  #held = 0
  #freeAt = 0
  #failure: Error | undefined
  #closed = false
  #read = false

  constructor(clock: Clock, quality: LinkQuality, onOver: () => void) {
    this.#clock = clock
    this.#quality = quality
    this.#onOver = onOver
  }

  /** Nothing more will ever come out of it. */
  get over(): boolean {
    return this.#failure !== undefined || this.#read
  }

  write(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#closed)
      return Promise.reject(new TransportError('closed', 'The stream has been closed for writing'))
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length === 0) return Promise.resolve()
    const bytes = new Uint8Array(length)
    let offset = 0
    for (const part of parts) {
      bytes.set(part, offset)
      offset += part.length
    }
    this.#held += length
    this.#send(bytes, length)
    if (this.#held <= HIGH_WATER_MARK) return Promise.resolve()
    return new Promise((resolve, reject) => this.#writers.push({ resolve, reject }))
  }

  close(): void {
    if (this.#closed || this.#failure !== undefined) return
    this.#closed = true
    this.#send(null, 0)
  }

  read(): Promise<Uint8Array | null> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#read ? Promise.resolve(null) : this.#arrived.take(null)
  }

  /** Ends it at once, with what each side that waits is told. */
  fail(forReader: Error, forWriter: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = forReader
    for (const cancel of this.#underWay) cancel()
    this.#underWay.clear()
    this.#arrived.clear()
    this.#arrived.fail(forReader)
    for (const writer of this.#writers.splice(0)) writer.reject(forWriter)
    this.#onOver()
  }

  #send(what: Uint8Array | null, length: number): void {
    const now = this.#clock.now()
    this.#freeAt = Math.max(now, this.#freeAt) + length / this.#quality.bandwidth
    const delay = Math.ceil(this.#freeAt - now + this.#quality.latency)
    const cancel = this.#clock.setTimer(delay, () => {
      this.#underWay.delete(cancel)
      this.#arrived.push(what)
    })
    this.#underWay.add(cancel)
  }

  #taken(what: Uint8Array | null): void {
    if (what === null) {
      this.#read = true
      this.#onOver()
      return
    }
    this.#held -= what.length
    if (this.#held <= HIGH_WATER_MARK) for (const writer of this.#writers.splice(0)) writer.resolve()
  }
}

class LinkEnd implements ByteStream {
  readonly #incoming: Direction
  readonly #outgoing: Direction

  constructor(incoming: Direction, outgoing: Direction) {
    this.#incoming = incoming
    this.#outgoing = outgoing
  }

  read(): Promise<Uint8Array | null> {
    return this.#incoming.read()
  }

  write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
    return this.#outgoing.write(bytes instanceof Uint8Array ? [bytes] : bytes)
  }

  close(): Promise<void> {
    this.#outgoing.close()
    return Promise.resolve()
  }

  abort(reason: Error): void {
    const gone = new TransportError('stream-failed', 'The other side ended the simulated connection')
    this.#incoming.fail(reason, gone)
    this.#outgoing.fail(gone, reason)
  }
}
