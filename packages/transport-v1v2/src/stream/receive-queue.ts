import { AsyncQueue } from '../environment/async-queue.ts'
import { TransportError } from '../errors/transport-error.ts'

/**
 * Received bytes held for a reader that does not read, before the source is paused, unless told otherwise.
 */
const DEFAULT_RECEIVE_HIGH_WATER_MARK = 65_536

/** Received bytes held at which a connection whose source does not pause fails, unless told otherwise. */
const DEFAULT_RECEIVE_LIMIT: number = 64 * 1024 * 1024

/**
 * What a chunk costs beside its bytes: objects for its view and for its memory. Counted, since a remote that
 * sends single bytes would otherwise be allowed some hundred times what the mark says.
 */
const CHUNK_OVERHEAD = 256

/** How much is held for a reader, and how the source is told to wait. */
export interface ReceiveQueueOptions {
  /** Bytes held above which the source is paused; each chunk counts 256 more than it has. Default: 65,536. */
  readonly highWaterMark?: number
  /**
   * Bytes held, counted likewise, beyond which the queue drops them all and fails with a TransportError
   * `unread-overflow`: some sources, as a browser's WebSocket, cannot be paused. Default: 67,108,864.
   */
  readonly limit?: number
  /** Asks the source for no more. */
  readonly pause: () => void
  /** Asks the source to go on. */
  readonly resume: () => void
}

/**
 * The reading half of a `ByteStream` over a source that pushes: the part that every transport needs alike.
 */
export interface ReceiveQueue {
  /** `ByteStream.read`: chunks in order, then the failure or the end. */
  read(): Promise<Uint8Array | null>
  /** A chunk has arrived; it belongs to the queue from here on. */
  push(chunk: Uint8Array): void
  /** The remote has ended. */
  end(): void
  /**
   * The connection has failed. What has arrived is still delivered, unless `discard` says that nobody wants
   * it.
   */
  fail(error: Error, options?: { readonly discard?: boolean }): void
  readonly ended: boolean
}

/** The reading half of a `ByteStream` over a source that pushes. See {@link ReceiveQueue}. */
export function createReceiveQueue(options: ReceiveQueueOptions): ReceiveQueue {
  return new PausingQueue(options)
}

class PausingQueue implements ReceiveQueue {
  readonly #options: ReceiveQueueOptions
  readonly #highWaterMark: number
  readonly #limit: number
  readonly #queue: AsyncQueue<Uint8Array> = new AsyncQueue<Uint8Array>({ onTake: () => this.#taken() })
  #paused = false
  #ended = false
  #failure: Error | undefined

  constructor(options: ReceiveQueueOptions) {
    this.#options = options
    this.#highWaterMark = options.highWaterMark ?? DEFAULT_RECEIVE_HIGH_WATER_MARK
    this.#limit = options.limit ?? DEFAULT_RECEIVE_LIMIT
  }

  get ended(): boolean {
    return this.#ended
  }

  read(): Promise<Uint8Array | null> {
    if (this.#queue.isAwaited) return Promise.reject(new TypeError('ByteStream.read: one call at a time'))
    if (this.#failure !== undefined && this.#queue.size === 0) return Promise.reject(this.#failure)
    return this.#queue.take(null)
  }

  push(chunk: Uint8Array): void {
    // After the end nobody reads: what a remote sends behind it (a WebSocket can) would be held for ever.
    if (this.#queue.ended) return
    this.#queue.push(chunk, chunk.length + CHUNK_OVERHEAD)
    const { bytes } = this.#queue
    if (bytes > this.#limit) {
      this.fail(overflow(this.#limit), { discard: true })
      return
    }
    if (this.#paused || bytes < this.#highWaterMark) return
    this.#paused = true
    this.#options.pause()
  }

  end(): void {
    this.#ended = true
    this.#queue.end()
  }

  fail(error: Error, { discard = false }: { readonly discard?: boolean } = {}): void {
    if (discard) this.#queue.clear()
    this.#failure ??= error
    this.#queue.fail(error)
  }

  #taken(): void {
    if (!this.#paused || this.#queue.bytes >= this.#highWaterMark) return
    this.#paused = false
    this.#options.resume()
  }
}

function overflow(limit: number): TransportError {
  return new TransportError('unread-overflow', `More than ${limit} received bytes wait to be read`, { limit })
}
