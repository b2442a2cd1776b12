import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Credentials } from './credentials.ts'

/** Bytes of a body, at most (Core, `MIN_SUPPORTED_BODY_SIZE`). It is read only of who may call. */
const MAX_BODY = 0x02000000
/** Bytes of all headers together (Core, `MAX_HEADERS_SIZE`). */
const MAX_HEADERS = 8_192
/** Milliseconds in which a request has to have arrived whole (Core, `DEFAULT_HTTP_SERVER_TIMEOUT`). */
const REQUEST_TIMEOUT = 30_000
/** Connections at a time; one more is closed. */
const MAX_CONNECTIONS = 100
/** Bodies that are read, or worked on, at a time: together they cannot fill the memory. */
const MAX_REQUESTS = 64
/** Milliseconds that a wrong password takes (Core, `HTTPReq_JSONRPC`), so that guessing is slow. */
const REFUSAL_DELAY = 250

/** What a server of ours answers. */
interface HttpHandlers {
  readonly credentials: Credentials
  readonly rpc: (body: string) => Promise<{ readonly status: number; readonly body?: string }>
  /** The text of `/metrics`; without it there is no such page. */
  readonly metrics?: () => string
}

/** A server that listens. */
interface HttpServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** Listens for calls. @throws what the system does where the port cannot be had. */
export async function listenHttp(
  { host, port }: { readonly host: string; readonly port: number },
  handlers: HttpHandlers,
): Promise<HttpServer> {
  let busy = 0
  const server = createServer(
    { maxHeaderSize: MAX_HEADERS, keepAliveTimeout: REQUEST_TIMEOUT },
    (request, response) => {
      // Neither half may end the process when the caller is gone.
      request.on('error', () => undefined)
      response.on('error', () => undefined)
      if (busy >= MAX_REQUESTS) return refuse(response, 503)
      busy++
      answer(request, response, handlers)
        .catch(() => response.destroy())
        .finally(() => busy--)
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  server.headersTimeout = REQUEST_TIMEOUT
  server.requestTimeout = REQUEST_TIMEOUT
  server.on('clientError', (_, socket) => socket.destroy())
  server.listen(port, host)
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  return { host, port: bound, close: () => closeServer(server) }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { credentials, rpc, metrics }: HttpHandlers,
): Promise<void> {
  if (request.method === 'GET' && request.url === '/metrics' && metrics !== undefined) {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(metrics())
    return
  }
  if (request.method !== 'POST') return refuse(response, 405)
  if (!credentials.allow(request.headers.authorization)) {
    await new Promise((resolve) => setTimeout(resolve, REFUSAL_DELAY))
    response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"')
    return refuse(response, 401)
  }
  const body = await bodyOf(request)
  if (body === undefined) return refuse(response, 413)
  const { status, body: text } = await rpc(body)
  response.writeHead(status, text === undefined ? {} : { 'content-type': 'application/json' })
  response.end(text)
}

/** Undefined where it is larger than it may be. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Says no, and reads no more of what comes. */
function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' })
  response.end()
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  // Answers that are under way have a moment; whoever takes none of them does not keep the process.
  const late = setTimeout(() => server.closeAllConnections(), REFUSAL_DELAY)
  await closed
  clearTimeout(late)
}
