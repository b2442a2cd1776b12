import { connect, type Socket } from 'node:net'
import type { Resolver } from '@sapwood/transport-v1v2'
import { ProxyError } from '../errors/proxy-error.ts'
import { abortReason } from './abort-reason.ts'
import { formatProxyAddress, type ProxyAddress, resolveProxyAddress } from './proxy-address.ts'

/**
 * Connects to a proxy.
 * @returns the socket with nothing read from it and no listeners on it.
 * @throws ProxyError `proxy-unreachable`, or the signal's reason; then no socket is left open.
 */
export async function openSocket(
  address: ProxyAddress,
  resolver: Resolver | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted()
  const target = await resolveProxyAddress(address, resolver, signal)
  signal.throwIfAborted()
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...target, allowHalfOpen: true })
    const release = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('connect', onConnect)
      socket.off('error', onError)
    }
    const onConnect = (): void => {
      release()
      socket.setNoDelay(true)
      resolve(socket)
    }
    const onError = (cause: Error): void => {
      release()
      socket.destroy()
      const message = `No connection to the proxy at ${formatProxyAddress(address)}: ${cause.message}`
      reject(new ProxyError('proxy-unreachable', message, { step: 'connect', cause }))
    }
    const onAbort = (): void => {
      release()
      // A socket that fails while it is being destroyed must not bring the process down.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(abortReason(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', onConnect)
    socket.once('error', onError)
  })
}
