import { createServer, type Socket } from 'node:net'
import { abortReason } from '../environment/deadline.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { tcpStream } from './tcp-stream.ts'

/** Connections taken at the same time unless told otherwise (Core's `-maxconnections`). */
export const DEFAULT_MAX_CONNECTIONS = 125

export interface ListenTcpOptions {
  /** Local IP address. Default: `127.0.0.1`. */
  readonly host?: string
  /** 0 (the default) takes a free one. */
  readonly port?: number
  /** Connections open at the same time; one more is closed at once. Default: 125. */
  readonly maxConnections?: number
  /** Stops listening and ends every connection that came in. */
  readonly signal?: AbortSignal
}

/** Who connected. */
export interface TcpRemote {
  readonly host: string
  readonly port: number
}

export interface TcpListener {
  readonly address: string
  readonly port: number
  /** Connections open now. */
  readonly connections: number
  /** Stops listening and ends every connection that came in; resolves when the port is free. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Listens for TCP connections and hands each on as a `ByteStream`.
 * @throws TransportError `dial-failed` when the port cannot be had (`cause` says why); or the signal's reason.
 */
export async function listenTcp(
  options: ListenTcpOptions,
  onStream: (stream: ByteStream, remote: TcpRemote) => void,
): Promise<TcpListener> {
  const { host = '127.0.0.1', port = 0, maxConnections = DEFAULT_MAX_CONNECTIONS, signal } = options
  signal?.throwIfAborted()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (sockets.size >= maxConnections) {
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    onStream(tcpStream(socket), remote)
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
      signal?.removeEventListener('abort', onAbort)
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
  signal?.addEventListener('abort', onAbort, { once: true })

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
