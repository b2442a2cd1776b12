import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'

/**
 * A stream that can be taken from its transport: from then on its bytes are counted, and nobody deciphers
 * them.
 */
export class DrainableStream implements ByteStream {
  readonly #inner: ByteStream
  #drained: ((bytes: number) => void) | undefined

  constructor(inner: ByteStream) {
    this.#inner = inner
  }

  async read(): Promise<Uint8Array | null> {
    const chunk = await this.#inner.read()
    if (this.#drained === undefined || chunk === null) return chunk
    this.#drained(chunk.length)
    return await this.#drain()
  }

  write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
    return this.#inner.write(bytes)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  abort(reason: Error): void {
    this.#inner.abort(reason)
  }

  /** Tells the size of every chunk from now on; the next `read` never gets one, only the end. */
  drainTo(drained: (bytes: number) => void): void {
    this.#drained = drained
  }

  async #drain(): Promise<null> {
    for (;;) {
      const chunk = await this.#inner.read()
      if (chunk === null) return null
      this.#drained?.(chunk.length)
    }
  }
}

/** Dials as `dialer`, and hands out the stream as well. */
export function drainableDialer(dialer: Dialer, onStream: (stream: DrainableStream) => void): Dialer {
  return {
    async dial(address, options) {
      const stream = new DrainableStream(await dialer.dial(address, options))
      onStream(stream)
      return stream
    },
  }
}
