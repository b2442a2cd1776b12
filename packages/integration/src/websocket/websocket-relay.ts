import type { AddressInfo } from 'node:net'
import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { websocketStream } from '@sapwood/transport-v1v2/websocket'
import type { PeerAddress } from '@sapwood/wire-codec'
import { WebSocketServer } from 'ws'

/** Largest message taken from a client: four times what `websocketStream` sends. */
const MAX_MESSAGE = 262_144

export interface WebSocketRelayOptions {
  /** Where connections go, by the path that the client asked for; undefined refuses it. A relay never dials what it is told. */
  readonly route: (path: string) => PeerAddress | undefined
  /** Local IP address. Default: `127.0.0.1`. */
  readonly host?: string
  /** 0 (the default) takes a free one. */
  readonly port?: number
}

export interface WebSocketRelay extends AsyncDisposable {
  /** `ws://host:port`. */
  readonly url: string
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/** Lets programs that have WebSockets and no TCP (a browser's) reach peers: one TCP connection for each WebSocket. */
export async function startWebSocketRelay(
  options: WebSocketRelayOptions,
  components: { readonly dialer?: Dialer } = {},
): Promise<WebSocketRelay> {
  const { route, host = '127.0.0.1', port = 0 } = options
  const dialer = components.dialer ?? createTcpDialer()
  const stopping = new AbortController()
  const server = new WebSocketServer({ host, port, maxPayload: MAX_MESSAGE, perMessageDeflate: false })
  server.on('connection', (socket, request) => {
    const client = websocketStream(socket)
    const address = route(request.url ?? '/')
    if (address === undefined) client.abort(new Error('No such route'))
    else void relay(client, dialer, address, stopping.signal)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  const bound = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      stopping.abort(new Error('The relay stops'))
      for (const client of server.clients) client.terminate()
      server.close(() => resolve())
    })
  return { url: `ws://${bound.address}:${bound.port}`, close, [Symbol.asyncDispose]: close }
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
    else signal.addEventListener('abort', onAbort, { once: true })
    await Promise.all([pump(client, peer), pump(peer, client)]).finally(() => {
      signal.removeEventListener('abort', onAbort)
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
