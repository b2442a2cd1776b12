/**
 * Sessions of SAM 3.
 * https://geti2p.net/en/docs/api/samv3
 * @module
 */

import type { ByteStream } from '@sapwood/transport-v1v2'
import {
  guardedLogger,
  type Logger,
  type Random,
  systemRandom,
  untilAborted,
} from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, type NetworkAddress, type PeerAddress } from '@sapwood/wire-codec'
import { isProxyError, ProxyError } from '../errors/proxy-error.ts'
import type { ProxyDialer } from '../router/route.ts'
import { destinationAddress, publicDestination } from './destination.ts'
import { connectStream, i2pName, type LiveSession, lookUp, openSession } from './sam-commands.ts'
import { SamConnection, type SamEnvironment } from './sam-connection.ts'
import { type SamComponents, samEnvironment, type SamOptions } from './sam-options.ts'

/** Which destination a session has, and through how many hops. */
export interface SamSessionOptions extends SamOptions {
  /**
   * The stored destination of an earlier session, as `privateKey()` gave it. Default: a new one, which is
   * used again whenever this session has to be remade.
   */
  readonly privateKey?: string
  /** Tunnels in each direction. Default: 3 (Core, for a session that listens). */
  readonly tunnels?: number
  /**
   * Hops of each tunnel, 0 to 7. Fewer are faster and hide less. Default: what the router does (mostly 3).
   */
  readonly hops?: number
}

/** A connection that came in over I2P. */
export interface I2pConnection {
  readonly stream: ByteStream
  /** Who it is: I2P proves it. */
  readonly remote: NetworkAddress
}

/** A destination of ours on I2P: it can be dialled, and dials. */
export interface SamSession extends AsyncDisposable {
  /** What others dial. */
  readonly address: NetworkAddress
  /** Makes the same destination again another time; whoever has it is the destination. */
  privateKey(): string
  /** Dials from this destination: all peers see that it is the same. */
  readonly dialer: ProxyDialer
  /**
   * The next connection that comes in. Remakes the session when it has died.
   * @throws ProxyError `closed` when the session dies meanwhile; call it again. Or the signal's reason.
   */
  accept(options: { readonly signal: AbortSignal }): Promise<I2pConnection>
  /** The address behind a name of I2P (`*.i2p`). @throws ProxyError `i2p-key-not-found` */
  lookup(name: string, options: { readonly signal: AbortSignal }): Promise<NetworkAddress>
  close(): Promise<void>
}

/** Tunnels in each direction of a session that listens (Core). */
const LISTENING_TUNNELS = 3

/**
 * Makes a session with a destination of its own (SAM 3.1). The session lives as long as its control socket:
 * when that is lost (the router restarts), it is remade with the same destination at the next `dial` or
 * `accept`.
 * @throws ProxyError, or the signal's reason.
 * @example
 * const session = await createSamSession({ privateKey: stored }, {}, { signal })
 * const { stream, remote } = await session.accept({ signal })
 */
export async function createSamSession(
  options: SamSessionOptions = {},
  components: SamComponents = {},
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SamSession> {
  const environment = samEnvironment(options, components)
  const keeper = new SessionKeeper(environment, components, options)
  try {
    await keeper.live(signal ?? new AbortController().signal)
  } catch (error) {
    // An aborted signal ends the wait only: the session that is on its way would be nobody's.
    await keeper.close()
    throw error
  }
  return keeper
}

class SessionKeeper implements SamSession {
  readonly dialer: ProxyDialer = {
    resolvesNames: false,
    routeOf: () => 'i2p',
    dial: (address, { signal }) => this.#dial(address, signal),
  }
  readonly #environment: SamEnvironment
  readonly #random: Random
  readonly #logger: Logger
  readonly #tunnels: number
  readonly #hops: number | undefined
  readonly #closing = new AbortController()
  #privateKey: string | undefined
  #live: Promise<LiveSession> | undefined

  constructor(environment: SamEnvironment, components: SamComponents, options: SamSessionOptions) {
    this.#environment = environment
    this.#random = components.random ?? systemRandom
    this.#logger = guardedLogger(components.logger)
    this.#tunnels = options.tunnels ?? LISTENING_TUNNELS
    this.#hops = options.hops
    this.#privateKey = options.privateKey
    if (options.privateKey !== undefined) checkPrivateKey(options.privateKey)
  }

  get address(): NetworkAddress {
    return destinationAddress(publicDestination(this.privateKey()))
  }

  privateKey(): string {
    if (this.#privateKey === undefined) throw new ProxyError('closed', 'The session has not been made')
    return this.#privateKey
  }

  /** The session, remade if it has died. Those who ask meanwhile share one attempt, and its end. */
  async live(signal: AbortSignal): Promise<LiveSession> {
    this.#closing.signal.throwIfAborted()
    signal.throwIfAborted()
    const live = (this.#live ??= this.#make())
    return await untilAborted(signal, () => live)
  }

  async accept({ signal }: { readonly signal: AbortSignal }): Promise<I2pConnection> {
    const session = await this.live(signal)
    const both = AbortSignal.any([signal, this.#closing.signal])
    const connection = await SamConnection.open(this.#environment, both)
    const release = session.control.onEnd(() => connection.close())
    try {
      const { stream: limit } = this.#environment.timeouts
      await this.#forget(session, () =>
        connection.ask(`STREAM ACCEPT ID=${session.id} SILENT=false`, 'STREAM STATUS', 'stream', limit, both),
      )
      // The first line is the destination of who has connected; what follows it is theirs.
      const line = await connection.readLine('stream', undefined, both)
      const remote = destinationAddress(publicDestination(line.split(' ', 1)[0] ?? ''))
      return { stream: connection.takeStream(), remote }
    } catch (error) {
      connection.close()
      throw error
    } finally {
      release()
    }
  }

  async lookup(name: string, { signal }: { readonly signal: AbortSignal }): Promise<NetworkAddress> {
    const connection = await SamConnection.open(this.#environment, signal)
    try {
      return destinationAddress(publicDestination(await lookUp(connection, this.#environment, name, signal)))
    } finally {
      connection.close()
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new ProxyError('closed', 'The session was closed by this side'))
    const live = await this.#live?.catch(() => undefined)
    live?.control.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #dial(address: PeerAddress, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted()
    const name = i2pName(address)
    const session = await this.live(signal)
    const stream = await this.#forget(session, () =>
      connectStream(this.#environment, session.id, name, AbortSignal.any([signal, this.#closing.signal])),
    )
    return stream.takeStream()
  }

  /** A bridge that does not know the session any more has lost it, whatever its control socket says. */
  async #forget<T>(session: LiveSession, task: () => Promise<T>): Promise<T> {
    try {
      return await task()
    } catch (error) {
      if (isProxyError(error) && error.received === 'INVALID_ID') session.control.close()
      throw error
    }
  }

  async #make(): Promise<LiveSession> {
    try {
      const session = await openSession(
        this.#environment,
        this.#random,
        { destination: this.#privateKey, tunnels: this.#tunnels, hops: this.#hops },
        this.#closing.signal,
      )
      this.#privateKey = session.privateKey
      this.#logger.info({ address: formatPeerAddress(this.address) }, 'I2P session made')
      session.control.onEnd(() => {
        this.#live = undefined
        if (!this.#closing.signal.aborted) this.#logger.warn({}, 'lost the I2P session')
      })
      return session
    } catch (error) {
      this.#live = undefined
      throw error
    }
  }
}

function checkPrivateKey(privateKey: string): void {
  try {
    publicDestination(privateKey)
  } catch {
    throw new ProxyError('invalid-options', 'Not the private key of an I2P destination')
  }
}
