import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import { connect, type Socket } from 'node:net'
import { abortReason } from '../environment/until-aborted.ts'

/** What a socket is opened to: TCP, or a unix socket by its path. */
export type SocketTarget =
  | {
      /** An IP address; a name is resolved by the operating system. */
      readonly host: string
      readonly port: number
      /** Local IP address to dial from. Default: the operating system's choice. */
      readonly localAddress?: string | undefined
    }
  | { readonly path: string }

/**
 * Opens a socket for a dialer that has something to say before the stream begins, to a proxy for instance;
 * `tcpStream` takes it when that is said.
 * @returns the socket, half-open allowed, with nothing read from it and no listeners on it: the caller adds
 * its own before it waits for anything else.
 * @throws the socket's own error, or the signal's reason; then no socket is left open.
 */
export function openSocket(target: SocketTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({ ...target, allowHalfOpen: true, noDelay: true })
    const release = (): void => {
      removeAbortListener(signal, onAbort)
      socket.off('connect', onConnect)
      socket.off('error', onError)
    }
    const onConnect = (): void => {
      release()
      resolve(socket)
    }
    const onError = (cause: Error): void => {
      release()
      socket.destroy()
      reject(cause)
    }
    const onAbort = (): void => {
      release()
      // A socket that fails while it is being destroyed must not bring the process down.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(abortReason(signal))
    }
    addAbortListener(signal, onAbort)
    socket.once('connect', onConnect)
    socket.once('error', onError)
  })
}
