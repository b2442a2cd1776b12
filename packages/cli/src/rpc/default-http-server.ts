import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Credentials } from './credentials.ts'

/** Bytes of a body, at most (Core, `MIN_SUPPORTED_BODY_SIZE`). It is read only of who may call. */
const MAX_BODY = 0x02000000
/** Bytes of all headers together (Core, `MAX_HEADERS_SIZE`). */
const MAX_HEADERS = 8_192
/**
 * Milliseconds in which a request has to have arrived whole, and in which something of an answer has to be
 * taken (Core, `DEFAULT_HTTP_SERVER_TIMEOUT`).
 */
const REQUEST_TIMEOUT = 30_000
/** Connections at a time. For one more the oldest goes that has shown no password. */
const MAX_CONNECTIONS = 100
/** Bodies that are read, or worked on, at a time: together they cannot fill the memory. */
const MAX_REQUESTS = 64
/** Pages of one connection that are made and not taken: who asks for more and takes none has no answer. */
const MAX_PAGES = 4
/** Milliseconds that a wrong password takes (Core, `HTTPReq_JSONRPC`), so that guessing is slow. */
const REFUSAL_DELAY = 250
/**
 * How a caller on this machine names it. A page whose name was made to lead here does not (DNS rebinding).
 */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/** What a server of ours answers. */
interface HttpHandlers {
  /** Calls, and who may make them; without it there are none. */
  readonly calls?: {
    readonly credentials: Credentials
    /** @param signal Aborted when the caller is gone. */
    readonly rpc: (
      body: string,
      signal: AbortSignal,
    ) => Promise<{ readonly status: number; readonly body?: string }>
  }
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
  const callers = new Callers()
  const server = createServer(
    { maxHeaderSize: MAX_HEADERS, keepAliveTimeout: REQUEST_TIMEOUT },
    (request, response) => {
      // Neither half may end the process when the caller is gone.
      request.on('error', () => undefined)
      response.on('error', () => undefined)
      answer(request, response, handlers, callers).catch(() => response.destroy())
    },
  )
  server.headersTimeout = REQUEST_TIMEOUT
  server.requestTimeout = REQUEST_TIMEOUT
  server.on('connection', (socket) => callers.arrived(socket))
  server.on('clientError', (_, socket) => socket.destroy())
  server.listen(port, host)
  await once(server, 'listening')
  // Out of descriptors, for instance: one caller is lost, and not the node.
  server.on('error', () => undefined)
  const { port: bound } = server.address() as AddressInfo
  return { host, port: bound, close: () => closeServer(server) }
}

/** Who is connected, and how much is done for them. */
class Callers {
  readonly #all = new Set<Socket>()
  /** Those of them that have shown no password, the oldest first. */
  readonly #strangers = new Set<Socket>()
  readonly #failed = new WeakSet<Socket>()
  /** Pages that are on their way, by connection. */
  readonly #pages = new WeakMap<Socket, number>()
  #busy = 0

  /** Whoever may not call cannot keep out who may: its connections are the ones that make room. */
  arrived(socket: Socket): void {
    if (this.#all.size >= MAX_CONNECTIONS) {
      const [oldest] = this.#strangers
      if (oldest === undefined) {
        socket.destroy()
        return
      }
      this.#left(oldest)
      oldest.destroy()
    }
    // Each answer on its way listens for its end.
    socket.setMaxListeners(0)
    this.#all.add(socket)
    this.#strangers.add(socket)
    socket.once('close', () => this.#left(socket))
  }

  known(socket: Socket): void {
    this.#strangers.delete(socket)
  }

  /**
   * It has shown a wrong password: of what it has sent behind that nothing is read. It would not wait for the
   * answer to one before it tries the next, and all of them would wait here.
   */
  failed(socket: Socket): void {
    this.#failed.add(socket)
    socket.pause()
  }

  hasFailed(socket: Socket): boolean {
    return this.#failed.has(socket)
  }

  /** @returns false, and does nothing, where too much is under way. */
  async work(act: () => Promise<void>): Promise<boolean> {
    if (this.#busy >= MAX_REQUESTS) return false
    this.#busy++
    try {
      await act()
    } finally {
      this.#busy--
    }
    return true
  }

  /** @returns false, and does nothing, where a connection has asked for more pages than it takes. */
  async page(socket: Socket, act: () => Promise<void>): Promise<boolean> {
    const underWay = this.#pages.get(socket) ?? 0
    if (underWay >= MAX_PAGES) return false
    this.#pages.set(socket, underWay + 1)
    try {
      await act()
    } finally {
      this.#pages.set(socket, this.#pages.get(socket)! - 1)
    }
    return true
  }

  #left(socket: Socket): void {
    this.#all.delete(socket)
    this.#strangers.delete(socket)
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { calls, metrics }: HttpHandlers,
  callers: Callers,
): Promise<void> {
  const { socket } = request
  if (request.method === 'GET' && request.url === '/metrics' && metrics !== undefined) {
    if (!isNamedRightly(request)) return refuse(response, 403)
    const taken = await callers.page(socket, () => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      return send(response, socket, metrics())
    })
    if (!taken) socket.destroy()
    return
  }
  if (request.method !== 'POST' || calls === undefined) return refuse(response, 405)
  const { credentials, rpc } = calls
  if (callers.hasFailed(socket)) return
  if (!credentials.allow(request.headers.authorization)) {
    callers.failed(socket)
    await new Promise((resolve) => setTimeout(resolve, REFUSAL_DELAY))
    response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"')
    return refuse(response, 401)
  }
  callers.known(socket)
  const gone = new AbortController()
  const onGone = (): void => gone.abort(new Error('The caller has gone'))
  // Of the socket: an answer that waits behind others has none yet, and never closes.
  socket.once('close', onGone)
  if (socket.destroyed) onGone()
  try {
    const taken = await callers.work(async () => {
      const body = await bodyOf(request)
      if (body === undefined) return refuse(response, 413)
      const { status, body: text } = await rpc(body, gone.signal)
      response.writeHead(status, text === undefined ? {} : { 'content-type': 'application/json' })
      await send(response, socket, text)
    })
    if (!taken) refuse(response, 503)
  } finally {
    socket.off('close', onGone)
  }
}

/** Where we are reached on this machine alone, whoever asks has to have asked for this machine. */
function isNamedRightly({ socket, headers }: IncomingMessage): boolean {
  const { localAddress = '' } = socket
  const isLoopback = localAddress === '::1' || /^(?:::ffff:)?127\./.test(localAddress)
  return !isLoopback || LOOPBACK.test(headers.host ?? '')
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

/**
 * Ends an answer, and waits until it is taken. Who takes nothing of it for long is cut off.
 * @param socket of the request: an answer that waits behind others has none yet.
 */
async function send(response: ServerResponse, socket: Socket, text: string | undefined): Promise<void> {
  if (response.destroyed || socket.destroyed) return
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => {
    end = resolve
    response.once('finish', resolve).once('close', resolve)
    // One that waits behind others is not told of the end.
    socket.once('close', end)
  })
  const cut = (): void => void socket.destroy()
  socket.setTimeout(REQUEST_TIMEOUT, cut)
  response.end(text)
  await over
  socket.off('close', end)
  socket.off('timeout', cut)
  socket.setTimeout(0)
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
