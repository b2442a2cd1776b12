import { AsyncQueue } from '../environment/async-queue.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { ByteStream } from './byte-stream.ts'

/** Bytes that one direction of a pair holds before its writer has to wait, unless told otherwise. */
const DEFAULT_PAIR_HIGH_WATER_MARK = 65_536

/** How two streams in memory carry bytes. */
export interface StreamPairOptions {
  /** Bytes held in one direction before its writer has to wait. Default: 65,536. */
  readonly highWaterMark?: number
  /**
   * How many of the `available` bytes the next `read` gives, at least 1: fragmentation for tests. Default:
   * what was written in one part arrives in one portion.
   */
  readonly portion?: (available: number) => number
}

/**
 * Two ends of a connection in memory: what is written to one is read from the other.
 * @example
 * const [ours, theirs] = streamPair()
 * await ours.write(Uint8Array.of(1, 2, 3))
 * await theirs.read() // Uint8Array(3) [ 1, 2, 3 ]
 */
export function streamPair(options: StreamPairOptions = {}): readonly [ByteStream, ByteStream] {
  const forth = new Pipe(options)
  const back = new Pipe(options)
  return [new PairEnd(back, forth), new PairEnd(forth, back)]
}

interface WaitingWriter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** One direction. */
class Pipe {
  readonly #highWaterMark: number
  readonly #portion: ((available: number) => number) | undefined
  #chunks: Uint8Array[] = []
  #length = 0
  #ended = false
  #failure: { reader: Error; writer: Error } | undefined
  /**
   * What is read before it is written goes this way, a portion of what is held: no more than one at a time.
   */
  readonly #given: AsyncQueue<Uint8Array> = new AsyncQueue<Uint8Array>()
  #writers: WaitingWriter[] = []

  constructor(options: StreamPairOptions) {
    this.#highWaterMark = options.highWaterMark ?? DEFAULT_PAIR_HIGH_WATER_MARK
    this.#portion = options.portion
  }

  read(): Promise<Uint8Array | null> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reader)
    if (this.#given.isAwaited) return Promise.reject(new TypeError('ByteStream.read: one call at a time'))
    const chunk = this.#take()
    return chunk === undefined ? this.#given.take(null) : Promise.resolve(chunk)
  }

  write(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.writer)
    if (this.#ended)
      return Promise.reject(new TransportError('closed', 'The stream has been closed for writing'))
    for (const part of parts) {
      if (part.length === 0) continue
      // The reader owns what it reads, the writer what it wrote: they cannot be the same memory.
      this.#chunks.push(new Uint8Array(part))
      this.#length += part.length
    }
    this.#serveReader()
    if (this.#length < this.#highWaterMark) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#writers.push({ resolve, reject })
    })
  }

  end(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.writer)
    this.#ended = true
    this.#serveReader()
    return Promise.resolve()
  }

  fail(reader: Error, writer: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = { reader, writer }
    this.#chunks = []
    this.#length = 0
    this.#given.fail(reader)
    for (const waiting of this.#writers.splice(0)) waiting.reject(writer)
  }

  get finished(): boolean {
    return this.#failure !== undefined || (this.#ended && this.#length === 0)
  }

  #serveReader(): void {
    if (!this.#given.isAwaited) return
    const chunk = this.#take()
    if (chunk === null) this.#given.end()
    else if (chunk !== undefined) this.#given.push(chunk)
  }

  /** The next portion, `null` at the end, `undefined` while there is nothing. */
  #take(): Uint8Array | null | undefined {
    const first = this.#chunks[0]
    if (first === undefined) return this.#ended ? null : undefined
    const wanted = this.#portion?.(this.#length) ?? first.length
    const length = Math.min(Math.max(1, wanted), first.length)
    if (length === first.length) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(length)
    this.#length -= length
    if (this.#length < this.#highWaterMark) {
      for (const waiting of this.#writers.splice(0)) waiting.resolve()
    }
    return first.subarray(0, length)
  }
}

class PairEnd implements ByteStream {
  readonly #incoming: Pipe
  readonly #outgoing: Pipe

  constructor(incoming: Pipe, outgoing: Pipe) {
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
    return this.#outgoing.end()
  }

  abort(reason: Error): void {
    if (this.#incoming.finished && this.#outgoing.finished) return
    const reset = new TransportError('stream-failed', 'The remote reset the connection')
    this.#incoming.fail(reason, reset)
    this.#outgoing.fail(reset, reason)
  }
}
