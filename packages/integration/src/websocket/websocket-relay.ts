import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { websocketStream } from '@sapwood/transport-v1v2/websocket'
import type { PeerAddress } from '@sapwood/wire-codec'
import { WebSocketServer } from 'ws'

/** Largest message taken from a client, in bytes: four times what `websocketStream` sends. */
const MAX_MESSAGE = 262_144
// HTTP's own words for why a client is refused.
const FORBIDDEN = 403
const NOT_FOUND = 404
const UPGRADE_REQUIRED = 426
const FAILED = 500
const UNAVAILABLE = 503

/** Clients at a time by default. */
const MAX_CLIENTS = 64
/** Sockets for each client: some are refused, or have not yet said what they want. */
const SOCKETS_FOR_CLIENT = 2

/** Where a relay leads, and who may use it. */
export interface WebSocketRelayOptions {
  /**
   * Where connections go, by the path that the client asked for; undefined refuses it. A relay never dials
   * what it is told. What it throws refuses that client, and goes to `onFault`.
   */
  readonly route: (path: string) => PeerAddress | undefined
  /**
   * Web pages that may use it, by their origin (`https://wallet.example`; `null` for a page without one).
   * None by default: a browser would let any page that it shows reach a relay on this machine. Programs that
   * are no browser send no origin, and are taken.
   */
  readonly origins?: readonly string[]
  /** Clients at a time; more are refused. Default: 64. */
  readonly maxClients?: number
  /** Local IP address. Default: `127.0.0.1`. */
  readonly host?: string
  /** 0 (the default) takes a free one. */
  readonly port?: number
}

export interface WebSocketRelayComponents {
  readonly dialer?: Dialer
  /** Told what `route` has thrown. */
  readonly onFault?: (error: unknown) => void
}

/** A relay between WebSockets and TCP. */
export interface WebSocketRelay extends AsyncDisposable {
  /** `ws://host:port`. */
  readonly url: string
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
  const { host = '127.0.0.1', port = 0, maxClients = MAX_CLIENTS } = options
  const dialer = components.dialer ?? createTcpDialer()
  const stopping = new AbortController()
  // Not the sockets that are open: a dial goes on for a while after its client has left.
  let relaying = 0
  const http = createServer((_request, response) => response.writeHead(UPGRADE_REQUIRED).end())
  http.maxConnections = maxClients * SOCKETS_FOR_CLIENT
  const routes = new WeakMap<IncomingMessage, PeerAddress>()
  const judge = (request: IncomingMessage): number | undefined => {
    const { origin } = request.headers
    if (origin !== undefined && !(options.origins ?? []).includes(origin)) return FORBIDDEN
    if (relaying >= maxClients) return UNAVAILABLE
    try {
      const address = options.route(request.url ?? '/')
      if (address === undefined) return NOT_FOUND
      routes.set(request, address)
      return undefined
    } catch (error) {
      tell(components.onFault, error)
      return FAILED
    }
  }
  const server = new WebSocketServer({
    server: http,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    verifyClient: ({ req }, answer) => {
      const refusal = judge(req)
      if (refusal === undefined) answer(true)
      else answer(false, refusal)
    },
  })
  server.on('connection', (socket, request) => {
    relaying += 1
    void relay(websocketStream(socket), dialer, routes.get(request)!, stopping.signal).finally(() => {
      relaying -= 1
    })
  })
  await new Promise<void>((resolve, reject) => {
    http.once('listening', resolve)
    http.once('error', reject)
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
  return { url: `ws://${where}:${bound.port}`, close, [Symbol.asyncDispose]: close }
}

function tell(onFault: WebSocketRelayComponents['onFault'], error: unknown): void {
  try {
    onFault?.(error)
  } catch {
    // A listener's own fault ends nothing here.
  }
}

async function relay(
  client: ByteStream,
  dialer: Dialer,
  address: PeerAddress,
  signal: AbortSignal,
): Promise<void> {
  try {
    const peer = await dialer.dial(address, { signal })
    const onAbort = (): void => peer.abort(new Error('The relay stops'))
    // It may have come while the dial was ending.
    if (signal.aborted) onAbort()
    else addAbortListener(signal, onAbort)
    await Promise.all([pump(client, peer), pump(peer, client)]).finally(() => {
      removeAbortListener(signal, onAbort)
    })
  } catch (error) {
    client.abort(error instanceof Error ? error : new Error('The relay failed', { cause: error }))
  }
}

/** Carries one direction, its back-pressure, its end and its failure. */
async function pump(from: ByteStream, to: ByteStream): Promise<void> {
  try {
    for (let chunk = await from.read(); chunk !== null; chunk = await from.read()) await to.write(chunk)
    await to.close()
  } catch (error) {
    const reason = error instanceof Error ? error : new Error('The other side failed', { cause: error })
    from.abort(reason)
    to.abort(reason)
    throw error
  }
}
