import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { parseHost } from '@sapwood/wire-codec'
import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'

/** What a client said before its connection was made. */
interface SocksConnection {
  /** `host:port` as the client named it. */
  readonly target: string
  readonly username?: string
  readonly password?: string
}

/** Whom the server lets in, and how it reaches what it is asked for. */
export interface EmbeddedSocks5Options {
  /** What clients have to give; by default any username and password will do, and none at all too. */
  readonly auth?: { readonly username: string; readonly password: string }
  /** How targets are reached; over TCP by default. */
  readonly dialer?: Dialer
}

/**
 * A SOCKS5 server inside this process (RFC 1928, RFC 1929; CONNECT only) that remembers what its clients
 * said.
 */
export interface EmbeddedSocks5 extends AsyncDisposable {
  /** `127.0.0.1`. */
  readonly host: string
  /** The one that the system gave it. */
  readonly port: number
  /** The requests that led to a connection, in order. */
  connections(): readonly SocksConnection[]
  /** Ends its connections, and the server. */
  stop(): Promise<void>
}

const VERSION = 5
const AUTH_VERSION = 1
const NO_AUTH = 0
const PASSWORD = 2
const NO_METHOD = 0xff
const CONNECT = 1
const Reply = { OK: 0, FAILURE: 1, NOT_SUPPORTED: 7 } as const

/** Starts the server on a free port of 127.0.0.1. */
export async function startEmbeddedSocks5(options: EmbeddedSocks5Options = {}): Promise<EmbeddedSocks5> {
  const made: SocksConnection[] = []
  const sockets = new Set<Socket>()
  const dialer = options.dialer ?? createTcpDialer()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, dialer, options.auth, (connection) => made.push(connection)).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // Out of descriptors, for instance: one client is lost, and not the process.
  server.on('error', () => undefined)
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return { host: '127.0.0.1', port, connections: () => [...made], stop, [Symbol.asyncDispose]: stop }
}

async function serve(
  socket: Socket,
  dialer: Dialer,
  auth: EmbeddedSocks5Options['auth'],
  onConnection: (connection: SocksConnection) => void,
): Promise<void> {
  const take = reader(socket)
  const credentials = await greet(socket, take, auth)
  if (credentials === undefined) return
  const [, command, , type] = await take(4)
  const host = await readHost(take, type!)
  const [high, low] = await take(2)
  const port = (high! << 8) | low!
  const answer = (reply: number): boolean =>
    socket.write(Uint8Array.of(VERSION, reply, 0, 1, 0, 0, 0, 0, 0, 0))
  if (command !== CONNECT) {
    answer(Reply.NOT_SUPPORTED)
    socket.end()
    return
  }
  const ended = new AbortController()
  socket.once('close', () => ended.abort())
  let stream: ByteStream
  try {
    stream = await dialer.dial(parseHost(host, port), { signal: ended.signal })
  } catch {
    answer(Reply.FAILURE)
    socket.end()
    return
  }
  onConnection({ target: `${host}:${port}`, ...credentials })
  answer(Reply.OK)
  socket.once('close', () => stream.abort(new Error('the client has gone')))
  await Promise.all([forward(socket, stream), backward(stream, socket)])
}

type Take = (length: number) => Promise<Uint8Array>
type Credentials = Pick<SocksConnection, 'username' | 'password'>

/** @returns undefined when the client was turned away. */
async function greet(
  socket: Socket,
  take: Take,
  auth: EmbeddedSocks5Options['auth'],
): Promise<Credentials | undefined> {
  const [, count] = await take(2)
  const methods = await take(count!)
  const method = methods.includes(PASSWORD) ? PASSWORD : auth === undefined ? NO_AUTH : NO_METHOD
  socket.write(Uint8Array.of(VERSION, method))
  if (method === NO_AUTH) return {}
  if (method === NO_METHOD) {
    socket.end()
    return undefined
  }
  await take(1)
  const username = await readText(take)
  const password = await readText(take)
  const right = auth === undefined || (auth.username === username && auth.password === password)
  socket.write(Uint8Array.of(AUTH_VERSION, right ? 0 : 1))
  if (!right) socket.end()
  return right ? { username, password } : undefined
}

async function readText(take: Take): Promise<string> {
  const [length] = await take(1)
  return new TextDecoder().decode(await take(length!))
}

async function readHost(take: Take, type: number): Promise<string> {
  if (type === 3) return await readText(take)
  const bytes = await take(type === 1 ? 4 : 16)
  if (type === 1) return bytes.join('.')
  return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(
    ':',
  )
}

/** Takes exact numbers of bytes off a socket, and leaves what follows to its next reader. */
function reader(socket: Socket): Take {
  return async (length) => {
    for (;;) {
      if (length === 0) return new Uint8Array(0)
      const bytes = socket.read(length) as Buffer | null
      if (bytes?.length === length) return new Uint8Array(bytes)
      if (bytes !== null) throw new Error('the client ended too early')
      await Promise.race([once(socket, 'readable'), once(socket, 'close')])
      if (socket.destroyed || socket.readableEnded) throw new Error('the client has gone')
    }
  }
}

async function forward(socket: Socket, stream: ByteStream): Promise<void> {
  for await (const chunk of socket) await stream.write(chunk as Uint8Array)
  await stream.close()
}

async function backward(stream: ByteStream, socket: Socket): Promise<void> {
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
  socket.end()
}
