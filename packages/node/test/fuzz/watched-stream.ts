import type { ByteStream } from '@sapwood/transport-v1v2'

/** The node's end of a connection, and whether the node has let go of it. */
export class WatchedStream implements ByteStream {
  readonly #stream: ByteStream
  #over = false
  #closed = false
  #ended = false

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  /** Both directions are over, by the node's own doing or with its knowledge. */
  get released(): boolean {
    return this.#over || (this.#closed && this.#ended)
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#stream.read()
      if (chunk === null) this.#ended = true
      return chunk
    } catch (error) {
      this.#over = true
      throw error
    }
  }

  async write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
    try {
      await this.#stream.write(bytes)
    } catch (error) {
      this.#over = true
      throw error
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return this.#stream.close()
  }

  abort(reason: Error): void {
    this.#over = true
    this.#stream.abort(reason)
  }
}
