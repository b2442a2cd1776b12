/**
 * A controller of Tor.
 * https://spec.torproject.org/control-spec/
 * @module
 */

import {
  addAbortListener,
  type CancelTimer,
  type Clock,
  guardedLogger,
  type Logger,
  MINUTE,
  type Random,
  removeAbortListener,
  type Resolver,
  systemClock,
  systemRandom,
  tell,
} from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, type NetworkAddress } from '@sapwood/wire-codec'
import { aFunction, aSignal, aText, listOf, oneOf, optionsOf } from '@sapwood/wire-codec/arguments'
import { isProxyError, ProxyError } from '../errors/proxy-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { parseKeyValues } from '../socket/key-values.ts'
import {
  aProxyAddress,
  checkProxyAddress,
  formatProxyAddress,
  type ProxyAddress,
} from '../socket/proxy-address.ts'
import { someProxyComponents, timeoutsLike } from '../socket/proxy-checks.ts'
import { authenticate, type TorAuthenticationMethod, type TorAuthenticationOptions } from './authenticate.ts'
import {
  ControlConnection,
  DEFAULT_TOR_CONTROL_TIMEOUTS,
  type TorControlTimeouts,
} from './control-connection.ts'
import type { ControlReply } from './control-reply.ts'
import {
  type AddedOnion,
  addOnion,
  checkOnionServiceOptions,
  onionAddress,
  type OnionServiceOptions,
} from './onion-service.ts'

/** Where Tor's control port is, and what it is to tell of. */
export interface TorControlOptions extends TorAuthenticationOptions {
  /** Where Tor's control port listens. Default: 127.0.0.1, port 9051. */
  readonly control?: ProxyAddress
  readonly timeouts?: Partial<TorControlTimeouts>
  /** Events to be told of (control-spec §4.1), also after a reconnect: `CIRC`, `STREAM`, … Default: none. */
  readonly events?: readonly string[]
  /** Called with each event: its text as Tor sent it. */
  readonly onEvent?: (event: string) => void
  /** Called when the connection is lost (`false`), and when it and all onion services are back (`true`). */
  readonly onConnected?: (connected: boolean) => void
  /** Gives up the first connection. */
  readonly signal?: AbortSignal
}

/** What a connection to the control port works with. */
export interface TorControlComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /** Default: `silentLogger`. */
  readonly logger?: Logger
  /** Only for the control port's own name. */
  readonly resolver?: Resolver
}

/** An onion service that leads to us for as long as the control connection is kept up. */
export interface OnionService extends AsyncDisposable {
  /** What others dial. */
  readonly address: NetworkAddress
  /** The name without `.onion`. */
  readonly serviceId: string
  /** Makes the same address again another time; whoever has it is the service. */
  privateKey(): string
  /** Whether Tor asks for proof of work under load. */
  readonly proofOfWork: boolean
  /** Takes the service down (DEL_ONION). */
  remove(): Promise<void>
}

/** A hold on a running Tor. */
export interface TorControl extends AsyncDisposable {
  /** Tor's version. */
  readonly version: string
  /** How we were let in. */
  readonly authentication: TorAuthenticationMethod
  /** False while it reconnects. */
  readonly connected: boolean
  /**
   * Makes an onion service that leads to a port of ours (ADD_ONION). It is made again, with the same address,
   * after each reconnect.
   * @throws ProxyError `invalid-options`, `control-refused`, `timeout`, `closed`
   */
  addOnion(options: OnionServiceOptions): Promise<OnionService>
  /** The value of a GETINFO keyword, such as `circuit-status`. @throws ProxyError */
  getInfo(keyword: string): Promise<string>
  /** Where Tor's SOCKS ports listen, for `createSocks5Dialer`. @throws ProxyError */
  socksAddresses(): Promise<readonly ProxyAddress[]>
  /** Sends one command. @throws ProxyError `control-refused` where Tor refuses it. */
  command(line: string): Promise<readonly string[]>
  /** Ends the connection, and with it all onion services made through it. */
  close(): Promise<void>
}

/** Where Tor listens unless told otherwise. */
export const DEFAULT_TOR_CONTROL: ProxyAddress = { host: '127.0.0.1', port: 9051 }
/**
 * Milliseconds before the first try to reconnect, the factor from one to the next,
 * and the longest (Core's `torcontrol`).
 */
const RECONNECT_DELAY = 1_000
const RECONNECT_FACTOR = 1.5
const MAX_RECONNECT_DELAY = 10 * MINUTE

const torControlOptions = optionsOf<TorControlOptions>(
  {
    control: aProxyAddress,
    timeouts: timeoutsLike(DEFAULT_TOR_CONTROL_TIMEOUTS),
    events: listOf(aText),
    onEvent: aFunction,
    onConnected: aFunction,
    signal: aSignal,
    password: aText,
    cookieFile: aText,
    authentication: oneOf('none', 'password', 'cookie', 'safe-cookie'),
  },
  {
    hints: {
      host: 'goes into `control`: { control: { host, port } }',
      port: 'goes into `control`: { control: { host, port } }',
    },
  },
)

/**
 * Connects to Tor's control port and authenticates. When the connection is lost afterwards (Tor restarts), it
 * is made again, and with it the events and the onion services.
 * @throws ProxyError `proxy-unreachable`, `authentication-failed`, `timeout`, …; or the signal's reason.
 * @example
 * const tor = await createTorControl()
 * const service = await tor.addOnion({ port: 8333, target: { host: '127.0.0.1', port: 8334 } })
 */
export async function createTorControl(
  options: TorControlOptions = {},
  components: TorControlComponents = {},
): Promise<TorControl> {
  refuseArgument(torControlOptions, options, 'createTorControl: options')
  refuseArgument(someProxyComponents, components, 'createTorControl: components')
  checkProxyAddress(options.control ?? DEFAULT_TOR_CONTROL, components.resolver !== undefined)
  const control = new ReconnectingTorControl(options, components)
  await control.start()
  return control
}

interface KeptOnion {
  readonly options: OnionServiceOptions
  readonly serviceId: string
}

class ReconnectingTorControl implements TorControl {
  version = ''
  authentication: TorAuthenticationMethod = 'none'
  readonly #options: TorControlOptions
  readonly #address: ProxyAddress
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #resolver: Resolver | undefined
  readonly #onions = new Set<KeptOnion>()
  readonly #closing = new AbortController()
  #connection: ControlConnection | undefined
  #delay = RECONNECT_DELAY
  #cancelReconnect: CancelTimer = () => undefined

  constructor(options: TorControlOptions, components: TorControlComponents) {
    this.#options = options
    this.#address = options.control ?? DEFAULT_TOR_CONTROL
    this.#clock = components.clock ?? systemClock
    this.#random = components.random ?? systemRandom
    this.#logger = guardedLogger(components.logger)
    this.#resolver = components.resolver
  }

  async start(): Promise<void> {
    const { signal } = this.#options
    await this.#connect(signal === undefined ? this.#closing.signal : signal)
  }

  get connected(): boolean {
    return this.#connection?.open === true
  }

  async addOnion(options: OnionServiceOptions): Promise<OnionService> {
    checkOnionServiceOptions(options)
    const added = await addOnion(this.#usable, options)
    const address = onionAddress(added.serviceId, options.port)
    const kept = { options: { ...options, privateKey: added.privateKey }, serviceId: added.serviceId }
    this.#onions.add(kept)
    this.#logger.info({ address: formatPeerAddress(address) }, 'onion service added')
    return this.#service(kept, added, address)
  }

  async getInfo(keyword: string): Promise<string> {
    const { lines } = await this.#usable.command(`GETINFO ${keyword}`)
    const [first = '', ...rest] = lines
    // A value of several lines comes as a data block after `keyword=`.
    return first === `${keyword}=` && rest.length > 1 ? rest[0]! : first.slice(keyword.length + 1)
  }

  async socksAddresses(): Promise<readonly ProxyAddress[]> {
    const text = await this.getInfo('net/listeners/socks')
    return [...text.matchAll(/"([^"]*)"/g)].flatMap(([, listener = '']): ProxyAddress[] => {
      if (listener.startsWith('unix:')) return [{ path: listener.slice('unix:'.length) }]
      const match = /^\[?([^\]]*)\]?:(\d+)$/.exec(listener)
      return match === null ? [] : [{ host: match[1]!, port: Number(match[2]) }]
    })
  }

  async command(line: string): Promise<readonly string[]> {
    return (await this.#usable.command(line)).lines
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new ProxyError('closed', 'The hold on Tor was closed by this side'))
    this.#cancelReconnect()
    this.#onions.clear()
    this.#connection?.close()
    await this.#connection?.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #usable(): ControlConnection {
    if (this.#connection?.open === true) return this.#connection
    throw new ProxyError('closed', 'There is no connection to Tor now')
  }

  #service(kept: KeptOnion, added: AddedOnion, address: NetworkAddress): OnionService {
    const remove = async (): Promise<void> => {
      if (!this.#onions.delete(kept) || !this.connected) return
      await this.#usable.command(`DEL_ONION ${kept.serviceId}`)
    }
    return {
      address,
      serviceId: added.serviceId,
      privateKey: () => added.privateKey,
      proofOfWork: added.proofOfWork,
      remove,
      [Symbol.asyncDispose]: remove,
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { events = [] } = this.#options
    const connection = await ControlConnection.open(this.#address, {
      clock: this.#clock,
      resolver: this.#resolver,
      timeouts: { ...DEFAULT_TOR_CONTROL_TIMEOUTS, ...this.#options.timeouts },
      signal,
      onEvent: (event) => this.#tellEvent(event),
    })
    const onAbort = (): void => connection.close()
    addAbortListener(signal, onAbort)
    try {
      signal.throwIfAborted()
      const { version, method } = await authenticate(connection, this.#options, this.#random)
      if (events.length > 0) await connection.command(`SETEVENTS ${events.join(' ')}`)
      await this.#addOnionsAgain(connection)
      this.version = version
      this.authentication = method
    } catch (error) {
      connection.close()
      signal.throwIfAborted()
      throw error
    } finally {
      removeAbortListener(signal, onAbort)
    }
    this.#connection = connection
    this.#delay = RECONNECT_DELAY
    this.#logger.info(
      { control: formatProxyAddress(this.#address), version: this.version },
      'connected to Tor',
    )
    this.#tellConnected(true)
    void connection.ended.then(() => this.#onLost())
  }

  /** What is removed meanwhile may have been made again already: it is taken down before anyone is told. */
  async #addOnionsAgain(connection: ControlConnection): Promise<void> {
    const made = new Set<KeptOnion>()
    for (const kept of this.#onions) {
      await addOnion(connection, kept.options)
      made.add(kept)
    }
    for (;;) {
      const removed = [...made].find((kept) => !this.#onions.has(kept))
      if (removed === undefined) return
      made.delete(removed)
      await connection.command(`DEL_ONION ${removed.serviceId}`)
    }
  }

  #onLost(): void {
    if (this.#closing.signal.aborted) return
    this.#logger.warn({ control: formatProxyAddress(this.#address) }, 'lost the connection to Tor')
    this.#tellConnected(false)
    this.#scheduleReconnect()
  }

  #scheduleReconnect(): void {
    this.#cancelReconnect = this.#clock.setTimer(this.#delay, () => {
      this.#delay = Math.min(this.#delay * RECONNECT_FACTOR, MAX_RECONNECT_DELAY)
      this.#connect(this.#closing.signal).catch((error: unknown) => {
        if (this.#closing.signal.aborted) return
        const code = isProxyError(error) ? error.code : 'unknown'
        this.#logger.debug({ code, delay: this.#delay }, 'Tor cannot be reached')
        this.#scheduleReconnect()
      })
    })
  }

  #tellEvent(event: ControlReply): void {
    const { onEvent } = this.#options
    if (onEvent !== undefined) tell(this.#onFailure, onEvent, event.lines.join('\n'))
  }

  #tellConnected(isConnected: boolean): void {
    const { onConnected } = this.#options
    if (onConnected !== undefined) tell(this.#onFailure, onConnected, isConnected)
  }

  /** The program's own fault: it costs neither the connection nor the reconnecting. */
  readonly #onFailure = (error: unknown): void => {
    this.#logger.error({ err: error }, 'what was to be told of Tor threw')
  }
}

/**
 * What Tor tells of a stream in a `STREAM` event or of a circuit in `CIRC` or
 * `circuit-status` (control-spec §4.1.1, §4.1.2).
 * @example
 * parseTorEventFields('STATUS=BUILT REASON="a reason"').get('REASON') // 'a reason'
 */
export function parseTorEventFields(text: string): ReadonlyMap<string, string> {
  return parseKeyValues(text)
}
