import type { ByteStream } from '@sapwood/transport-v1v2'
import { type Clock, systemClock } from '@sapwood/transport-v1v2/environment'
import { listenTcp, type TcpListener } from '@sapwood/transport-v1v2/tcp'
import type { DialOptions, ListenOptions } from './test-peer-options.ts'
import { isWireAssertionError, WireAssertionError } from './wire-assertion-error.ts'

/** Longest that software may take until it dials, in milliseconds. */
const DIAL_TIMEOUT = 30_000

/** Plays a peer on a stream that software under test has opened. */
type Play<P> = (stream: ByteStream, options: DialOptions & { readonly role: 'responder' }) => Promise<P>

/** Waits for software that dials, and plays a peer to it. */
export class PeerListener<P extends { close(): Promise<void> }> implements AsyncDisposable {
  readonly #listener: TcpListener
  readonly #options: ListenOptions
  readonly #clock: Clock
  readonly #streams: ByteStream[]
  readonly #play: Play<P>
  readonly #peers = new Set<P>()
  #onStream: (() => void) | undefined
  #dialled = 0

  private constructor(listener: TcpListener, options: ListenOptions, streams: ByteStream[], play: Play<P>) {
    this.#listener = listener
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#streams = streams
    this.#play = play
  }

  /** Listens on 127.0.0.1. @throws TransportError `dial-failed` where the port is taken. */
  static async listen<P extends { close(): Promise<void> }>(
    options: ListenOptions,
    play: Play<P>,
  ): Promise<PeerListener<P>> {
    const streams: ByteStream[] = []
    const on = { stream: (): void => undefined }
    const listener = await listenTcp({ port: options.port ?? 0 }, (stream) => {
      streams.push(stream)
      on.stream()
    })
    const made = new PeerListener(listener, options, streams, play)
    on.stream = () => {
      made.#dialled += 1
      made.#onStream?.()
    }
    return made
  }

  get port(): number {
    return this.#listener.port
  }

  /** Where it is reached, as text. */
  get hostAndPort(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Connections that have come so far. */
  get dialled(): number {
    return this.#dialled
  }

  /**
   * The next connection, with its handshake done as far as `handshake` says. Where v1 was asked for, and the
   * software begins with v2, it is hung up on, as a node that knows only v1 would do, and its next connection
   * is waited for.
   * @throws WireAssertionError where nobody dials, or the handshake does not come about.
   */
  async next(options: ListenOptions = {}): Promise<P> {
    const chosen = { ...this.#options, ...options }
    const { transport = 'auto', ...rest } = chosen
    for (;;) {
      const stream = await this.#nextStream(options.dialTimeout ?? DIAL_TIMEOUT)
      const peer = await this.#greet(stream, rest, transport)
      if (peer === undefined) continue
      this.#peers.add(peer)
      return peer
    }
  }

  /**
   * Plays to every connection from now on, those that have come and were not asked for included: `next` gets
   * none any more. One whose handshake does not come about is none of them, and what `act` throws ends
   * nothing but its connection.
   */
  serve(act: (peer: P) => Promise<void>): void {
    const take = (): void => {
      for (const stream of this.#streams.splice(0)) void this.#serveOne(stream, act)
    }
    this.#onStream = take
    take()
  }

  /** Ends the connections that nobody has asked for with `next`. */
  forget(): void {
    for (const stream of this.#streams.splice(0))
      stream.abort(new Error('Nobody has asked for this connection'))
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    for (const peer of this.#peers) await peer.close().catch(() => undefined)
    await this.#listener.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #serveOne(stream: ByteStream, act: (peer: P) => Promise<void>): Promise<void> {
    const { transport = 'auto', ...rest } = this.#options
    const peer = await this.#greet(stream, rest, transport).catch(() => undefined)
    if (peer === undefined) return
    this.#peers.add(peer)
    await act(peer).catch(() => peer.close())
  }

  async #greet(
    stream: ByteStream,
    options: Omit<ListenOptions, 'transport'>,
    transport: 'v1' | 'v2' | 'auto',
  ): Promise<P | undefined> {
    try {
      const chosen = transport === 'auto' ? {} : { transport }
      return await this.#play(stream, { role: 'responder', ...options, ...chosen })
    } catch (error) {
      const fallsBack = transport === 'v1' && isWireAssertionError(error) && error.received === 'one in v2'
      if (fallsBack) return undefined
      throw error
    }
  }

  async #nextStream(timeout: number): Promise<ByteStream> {
    const waiting = this.#streams.shift()
    if (waiting !== undefined) return waiting
    return await new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimer(timeout, () => {
        this.#onStream = undefined
        const expected = `a connection to ${this.hostAndPort}`
        const received = `none within ${timeout} ms`
        const seed = String(this.#options.seed ?? '')
        reject(new WireAssertionError({ expected, received, wireLog: '  (nothing)', seed }))
      })
      this.#onStream = () => {
        this.#onStream = undefined
        cancel()
        resolve(this.#streams.shift()!)
      }
    })
  }
}
