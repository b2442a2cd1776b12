import type { ByteStream } from '@sapwood/transport-v1v2'
import { type Clock, systemClock } from '@sapwood/transport-v1v2/environment'
import { listenTcp, type TcpListener } from '@sapwood/transport-v1v2/tcp'
import type { DialOptions, ListenOptions } from './test-peer-options.ts'
import { isWireAssertionError, WireAssertionError } from './wire-assertion-error.ts'

/** Longest that software may take until it dials, in milliseconds. */
const DIAL_TIMEOUT = 30_000

/** Plays a peer on a stream that software under test has opened. */
type Play<P> = (stream: ByteStream, options: DialOptions & { readonly role: 'responder' }) => Promise<P>

/** Who has asked for the next connection. */
interface Waiter {
  readonly take: (stream: ByteStream) => void
  /** @param received what came in place of a connection. */
  readonly fail: (received: string) => void
}

/** Waits for software that dials, and plays a peer to it. */
export class PeerListener<P extends { close(): Promise<void> }> implements AsyncDisposable {
  readonly #listener: TcpListener
  readonly #options: ListenOptions
  readonly #clock: Clock
  readonly #streams: ByteStream[]
  readonly #play: Play<P>
  readonly #peers = new Set<P>()
  #waiting: Waiter[] = []
  #serve: ((stream: ByteStream) => void) | undefined
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
      made.#hand()
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
   * The next connection, with its handshake done as far as `handshake` says; calls that wait at once get one
   * each. Where v1 was asked for, and the software begins with v2, it is hung up on, as a node that knows
   * only v1 would do, and its next connection is waited for.
   * @throws WireAssertionError where nobody dials, or the handshake does not come about.
   */
  async next(options: ListenOptions = {}): Promise<P> {
    const chosen = { ...this.#options, ...options }
    const { transport = 'auto', dialTimeout = DIAL_TIMEOUT, ...rest } = chosen
    const deadline = this.#clock.now() + dialTimeout
    for (let refused = 0; ; refused++) {
      const others = refused === 0 ? '' : `, but ${refused} in v2`
      const left = Math.max(0, deadline - this.#clock.now())
      const stream = await this.#nextStream(left, `none within ${dialTimeout} ms${others}`)
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
    this.#serve = (stream) => void this.#serveOne(stream, act)
    this.#hand()
  }

  /**
   * Ends the connections that nobody has asked for with `next`, and lets go who waits for one that has not
   * come.
   */
  forget(): void {
    for (const stream of this.#streams.splice(0))
      stream.abort(new Error('Nobody has asked for this connection'))
    for (const waiter of this.#waiting.splice(0)) waiter.fail('none before it was given up')
  }

  /**
   * Stops listening and ends every connection; who waits for one gets none.
   * @throws WireAssertionError where `unhandled` is `error`, of the first peer that has something to tell and
   * was not closed before.
   */
  async close(): Promise<void> {
    this.forget()
    const failures: unknown[] = []
    for (const peer of this.#peers) await peer.close().catch((error: unknown) => failures.push(error))
    this.#peers.clear()
    await this.#listener.close()
    if (failures.length > 0) throw failures[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #serveOne(stream: ByteStream, act: (peer: P) => Promise<void>): Promise<void> {
    const { transport = 'auto', ...rest } = this.#options
    const peer = await this.#greet(stream, rest, transport).catch(() => undefined)
    if (peer === undefined) return
    this.#peers.add(peer)
    await act(peer).catch(async () => {
      this.#peers.delete(peer)
      await peer.close().catch(() => undefined)
    })
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

  /** @param late what was received where none comes in time. */
  async #nextStream(timeout: number, late: string): Promise<ByteStream> {
    return await new Promise((resolve, reject) => {
      const expected = `a connection to ${this.hostAndPort}`
      const seed = String(this.#options.seed ?? '')
      const waiter: Waiter = {
        take: (stream) => {
          cancel()
          resolve(stream)
        },
        fail: (received) => {
          cancel()
          reject(new WireAssertionError({ expected, received, wireLog: '  (nothing)', seed }))
        },
      }
      const cancel = this.#clock.setTimer(timeout, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        waiter.fail(late)
      })
      // Who has come again and again in the wrong transport comes no more in time.
      if (timeout === 0) return
      this.#waiting.push(waiter)
      this.#hand()
    })
  }

  /** Each connection to who serves all, or to who has waited longest. */
  #hand(): void {
    while (this.#streams.length > 0) {
      const take = this.#serve ?? this.#waiting.shift()?.take
      if (take === undefined) return
      take(this.#streams.shift()!)
    }
  }
}
