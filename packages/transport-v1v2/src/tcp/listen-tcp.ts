import { aCount, aFunction, aPort, argument, aSignal, optionsOf } from '@sapwood/wire-codec/arguments'
import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import { createServer, type Socket } from 'node:net'
import { abortReason } from '../environment/until-aborted.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { tcpStream } from './tcp-stream.ts'

/** Connections taken at the same time unless told otherwise (Core's `-maxconnections`). */
export const DEFAULT_MAX_CONNECTIONS = 125

/** Where `listenTcp` listens. */
export interface ListenTcpOptions {
  /** Local IP address. Default: `127.0.0.1`. */
  readonly host?: string
  /** 0 (the default) takes a free one. */
  readonly port?: number
  /** Connections open at the same time; one more is closed at once. Default: 125. */
  readonly maxConnections?: number
  /** Stops listening and ends every connection that came in. */
  readonly signal?: AbortSignal
  /**
   * Told of what `onStream` throws, or rejects with; the connection has been ended. What it throws itself is
   * let go.
   */
  readonly onFault?: (error: unknown) => void
}

/** Who connected. */
export interface TcpRemote {
  /** An IP address; that of a host on the local link with its zone: `fe80::1%eth0`. */
  readonly host: string
  readonly port: number
}

/** A TCP port that is being listened on. */
export interface TcpListener {
  readonly address: string
  readonly port: number
  /** Connections open now. */
  readonly connections: number
  /** Stops listening and ends every connection that came in; resolves when the port is free. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

// Node.js takes an empty text for no host at all, and listens on every address of the machine.
const aHost = argument('an IP address, or a name', (value) => typeof value === 'string' && value !== '')

const listenTcpOptions = optionsOf<ListenTcpOptions>({
  host: aHost,
  port: aPort,
  maxConnections: aCount,
  signal: aSignal,
  onFault: aFunction,
})

/**
 * Listens for TCP connections and hands each on as a `ByteStream`. One that was reset before it was taken is
 * gone, and nobody is told of it. Whatever `onStream` throws ends that one connection.
 * @throws TransportError `dial-failed` when the port cannot be had (`cause` says why), `invalid-argument`; or
 * the signal's reason.
 */
export async function listenTcp(
  options: ListenTcpOptions,
  onStream: (stream: ByteStream, remote: TcpRemote) => unknown,
): Promise<TcpListener> {
  refuseArgument(listenTcpOptions, options, 'listenTcp: options')
  refuseArgument(aFunction, onStream, 'listenTcp: onStream')
  const { host = '127.0.0.1', port = 0, maxConnections = DEFAULT_MAX_CONNECTIONS, signal, onFault } = options
  signal?.throwIfAborted()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const { remoteAddress: host, remotePort: port } = socket
    if (sockets.size >= maxConnections || host === undefined || port === undefined) {
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void handOn(socket, { host, port }, onStream, onFault)
  })

  await new Promise<void>((resolve, reject) => {
    const onError = (cause: Error): void => {
      reject(
        new TransportError('dial-failed', `Cannot listen on ${host} port ${port}: ${cause.message}`, {
          cause,
        }),
      )
    }
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      // Running out of file descriptors fails one connection, not the listener.
      server.on('error', () => undefined)
      resolve()
    })
  })

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      removeAbortListener(signal, onAbort)
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
    return closed
  }
  const onAbort = (): void => void close()
  if (signal?.aborted === true) {
    // It came while the port was being opened.
    await close()
    throw abortReason(signal)
  }
  addAbortListener(signal, onAbort)

  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new TypeError('Not a TCP listener')
  return {
    address: bound.address,
    port: bound.port,
    get connections() {
      return sockets.size
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The caller's function, kept from throwing into the event loop. */
async function handOn(
  socket: Socket,
  remote: TcpRemote,
  onStream: (stream: ByteStream, remote: TcpRemote) => unknown,
  onFault: ((error: unknown) => void) | undefined,
): Promise<void> {
  try {
    await onStream(tcpStream(socket), remote)
  } catch (error) {
    socket.destroy()
    try {
      onFault?.(error)
    } catch {
      // Who is told of faults has none to tell of its own.
    }
  }
}
