import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import {
  addAbortListener,
  type Clock,
  removeAbortListener,
  systemClock,
} from '@sapwood/transport-v1v2/environment'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { websocketStream } from '@sapwood/transport-v1v2/websocket'
import type { PeerAddress } from '@sapwood/wire-codec'
import { WebSocketServer } from 'ws'
import { IntegrationError } from '../errors/integration-error.ts'
import { Pace } from './pace.ts'
import type { RelayRoute } from './relay-routes.ts'

/** Largest message taken from a client, in bytes: four times what `websocketStream` sends. */
const MAX_MESSAGE = 262_144
/**
 * Pieces that a message may be read in, and parts that it may be sent in: each takes some hundred bytes, also
 * where it is one byte. Over a link of the least packets there are 490 in one of that size.
 */
const MAX_PIECES = 1_024
// HTTP's own words for why a client is refused.
const FORBIDDEN = 403
const NOT_FOUND = 404
const UPGRADE_REQUIRED = 426
const TOO_MANY = 429
const FAILED = 500
const UNAVAILABLE = 503

/** Clients at a time by default. */
const MAX_CLIENTS = 64
/** Those of one host: a node in a page has ten peers or so. */
const MAX_CLIENTS_OF_HOST = 16
/** Sockets for each client: some are refused, or have not yet said what they want. */
const SOCKETS_FOR_CLIENT = 2

/** Where a relay leads, and who may use it. */
export interface WebSocketRelayOptions {
  /**
   * Where connections go, by the path that the client asked for; undefined refuses it: `allowedPeers`,
   * `publicPeers`, or a program's own. A relay never dials what it is told. What it throws refuses that
   * client, and goes to `onFault`.
   */
  readonly route: RelayRoute
  /**
   * Web pages that may use it, by their origin (`https://wallet.example`; `null` for a page without one).
   * None by default: a browser would let any page that it shows reach a relay on this machine. Programs that
   * are no browser send no origin, and are taken.
   */
  readonly origins?: readonly string[]
  /** Clients at a time; more are refused. Default: 64. */
  readonly maxClients?: number
  /** Clients of one host at a time; more are refused. Default: 16. */
  readonly maxClientsOfHost?: number
  /**
   * Whose client it is, for `maxClientsOfHost`, by what the request says: behind a proxy by the header that
   * the proxy writes. Default: the address that the connection comes from. What it throws refuses the client.
   */
  readonly hostOf?: (request: IncomingMessage) => string
  /** Bytes a second for each client and direction; what comes sooner waits. Default: no limit. */
  readonly maxRate?: number
  /** Local IP address. Default: `127.0.0.1`. */
  readonly host?: string
  /** 0 (the default) takes a free one. */
  readonly port?: number
}

export interface WebSocketRelayComponents {
  readonly dialer?: Dialer
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Told what `route` and `hostOf` have thrown. */
  readonly onFault?: (error: unknown) => void
}

/** Why a client was not taken. */
export type RelayRefusal = 'origin' | 'route' | 'full' | 'host-full' | 'fault'

/** What a relay has done since its start: lengths and numbers, and nothing of what was said. */
export interface WebSocketRelayInfo {
  /** Clients of now, those included whose dial is under way. */
  readonly clients: number
  /** Clients that were taken. */
  readonly taken: number
  /** Those that were not. */
  readonly refused: Readonly<Record<RelayRefusal, number>>
  /** Clients whose peer could not be reached. */
  readonly unreachable: number
  /** Bytes carried from clients to peers. */
  readonly fromClients: number
  /** Bytes carried from peers to clients. */
  readonly fromPeers: number
}

/** A relay between WebSockets and TCP. */
export interface WebSocketRelay extends AsyncDisposable {
  /** `ws://host:port`. */
  readonly url: string
  info(): WebSocketRelayInfo
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/**
 * Lets programs that have WebSockets and no TCP (a browser's) reach peers: one TCP connection for each
 * WebSocket. Of each client at most one message and what two streams hold is kept; who does not read is not
 * read.
 * @throws Error as `net.Server.listen` does: a port that is taken.
 */
export async function startWebSocketRelay(
  options: WebSocketRelayOptions,
  components: WebSocketRelayComponents = {},
): Promise<WebSocketRelay> {
  const { host = '127.0.0.1', port = 0, maxClients = MAX_CLIENTS, maxRate = Infinity } = options
  const { dialer = createTcpDialer(), clock = systemClock } = components
  const stopping = new AbortController()
  const admission = new Admission({ ...options, maxClients }, components.onFault)
  const carried = { unreachable: 0, fromClients: 0, fromPeers: 0 }
  const http = createServer((_request, response) => response.writeHead(UPGRADE_REQUIRED).end())
  http.maxConnections = maxClients * SOCKETS_FOR_CLIENT
  const admitted = new WeakMap<IncomingMessage, Admitted>()
  const server = new WebSocketServer({
    server: http,
    maxPayload: MAX_MESSAGE,
    maxBufferedChunks: MAX_PIECES,
    maxFragments: MAX_PIECES,
    perMessageDeflate: false,
    verifyClient: ({ req }, answer) => {
      const judged = admission.judge(req)
      if (typeof judged === 'string') {
        answer(false, STATUS_OF[judged])
        return
      }
      admitted.set(req, judged)
      answer(true)
    },
  })
  server.on('connection', (socket, request) => {
    const { address, client } = admitted.get(request)!
    const leave = admission.enter(client)
    const directions: Directions = {
      up: { pace: new Pace(maxRate, clock), count: (bytes) => (carried.fromClients += bytes) },
      down: { pace: new Pace(maxRate, clock), count: (bytes) => (carried.fromPeers += bytes) },
      unreachable: () => (carried.unreachable += 1),
    }
    const gone = new AbortController()
    socket.once('close', () => gone.abort(new Error('The client has left')))
    const waiting = AbortSignal.any([stopping.signal, gone.signal])
    const to = { dialer, address, directions, waiting }
    // Not when the client leaves, but when all that is done for it has ended: a dial may go on for a while.
    void relay(websocketStream(socket), to, stopping.signal).finally(leave)
  })
  await new Promise<void>((resolve, reject) => {
    http.once('listening', resolve)
    http.once('error', (cause) => {
      const message = `port ${port} of ${host} cannot be listened on: ${cause.message}`
      reject(new IntegrationError('port-in-use', message, { cause }))
    })
    server.once('error', () => undefined)
    http.listen(port, host)
  })
  // Out of descriptors, for instance: those who are here stay, and the next one is taken when there are some
  // again.
  http.on('error', (error) => tell(components.onFault, error))
  server.on('error', () => undefined)
  const bound = http.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      stopping.abort(new Error('The relay stops'))
      for (const client of server.clients) client.terminate()
      server.close()
      http.close(() => resolve())
      http.closeAllConnections()
    })
  const where = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  const info = (): WebSocketRelayInfo => ({ ...admission.info(), ...carried })
  return { url: `ws://${where}:${bound.port}`, info, close, [Symbol.asyncDispose]: close }
}

interface Admitted {
  readonly address: PeerAddress
  /** Whose client it is. */
  readonly client: string
}

const STATUS_OF: Readonly<Record<RelayRefusal, number>> = {
  origin: FORBIDDEN,
  full: UNAVAILABLE,
  'host-full': TOO_MANY,
  route: NOT_FOUND,
  fault: FAILED,
}

/** Who may use a relay, and who does. */
class Admission {
  readonly #options: WebSocketRelayOptions & { readonly maxClients: number }
  readonly #onFault: WebSocketRelayComponents['onFault']
  readonly #clients = new Map<string, number>()
  readonly #refused: Record<RelayRefusal, number> = { origin: 0, route: 0, full: 0, 'host-full': 0, fault: 0 }
  #here = 0
  #taken = 0

  constructor(
    options: WebSocketRelayOptions & { readonly maxClients: number },
    onFault: WebSocketRelayComponents['onFault'],
  ) {
    this.#options = options
    this.#onFault = onFault
  }

  judge(request: IncomingMessage): Admitted | RelayRefusal {
    const judged = this.#judge(request)
    if (typeof judged === 'string') this.#refused[judged] += 1
    return judged
  }

  /** @returns what is called when the client has gone. */
  enter(client: string): () => void {
    this.#here += 1
    this.#taken += 1
    this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1)
    return () => {
      this.#here -= 1
      const left = this.#clients.get(client)! - 1
      if (left > 0) this.#clients.set(client, left)
      else this.#clients.delete(client)
    }
  }

  info(): Pick<WebSocketRelayInfo, 'clients' | 'taken' | 'refused'> {
    return { clients: this.#here, taken: this.#taken, refused: { ...this.#refused } }
  }

  #judge(request: IncomingMessage): Admitted | RelayRefusal {
    const { route, origins = [], maxClients, maxClientsOfHost = MAX_CLIENTS_OF_HOST } = this.#options
    const { origin } = request.headers
    if (origin !== undefined && !origins.includes(origin)) return 'origin'
    if (this.#here >= maxClients) return 'full'
    try {
      const client = (this.#options.hostOf ?? remoteHost)(request)
      if ((this.#clients.get(client) ?? 0) >= maxClientsOfHost) return 'host-full'
      const address = route(request.url ?? '/')
      return address === undefined ? 'route' : { address, client }
    } catch (error) {
      tell(this.#onFault, error)
      return 'fault'
    }
  }
}

function tell(onFault: WebSocketRelayComponents['onFault'], error: unknown): void {
  try {
    onFault?.(error)
  } catch {
    // A listener's own fault ends nothing here.
  }
}

function remoteHost({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? ''
}

interface Direction {
  readonly pace: Pace
  readonly count: (bytes: number) => void
}

interface Directions {
  readonly up: Direction
  readonly down: Direction
  readonly unreachable: () => void
}

interface RelayedTo {
  readonly dialer: Dialer
  readonly address: PeerAddress
  readonly directions: Directions
  /** Aborts where nothing more is to be waited for: the client has left, or the relay stops. */
  readonly waiting: AbortSignal
}

async function relay(
  client: ByteStream,
  { dialer, address, directions, waiting }: RelayedTo,
  signal: AbortSignal,
): Promise<void> {
  let isDialled = false
  try {
    const peer = await dialer.dial(address, { signal: waiting })
    isDialled = true
    const onAbort = (): void => peer.abort(new Error('The relay stops'))
    // It may have come while the dial was ending.
    if (signal.aborted) onAbort()
    else addAbortListener(signal, onAbort)
    const { up, down } = directions
    // What a client sent before it left is still carried.
    await Promise.all([pump(client, peer, up, waiting), pump(peer, client, down, waiting)]).finally(() => {
      removeAbortListener(signal, onAbort)
    })
  } catch (error) {
    if (!isDialled && !waiting.aborted) directions.unreachable()
    client.abort(error instanceof Error ? error : new Error('The relay failed', { cause: error }))
  }
}

/** Carries one direction, its back-pressure, its end and its failure. */
async function pump(
  from: ByteStream,
  to: ByteStream,
  { pace, count }: Direction,
  waiting: AbortSignal,
): Promise<void> {
  try {
    for (let chunk = await from.read(); chunk !== null; chunk = await from.read()) {
      await pace.take(chunk.length, waiting)
      await to.write(chunk)
      count(chunk.length)
    }
    await to.close()
  } catch (error) {
    const reason = error instanceof Error ? error : new Error('The other side failed', { cause: error })
    from.abort(reason)
    to.abort(reason)
    throw error
  }
}
