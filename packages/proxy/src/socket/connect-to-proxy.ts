import type { Socket } from 'node:net'
import { raceToOpen } from '@sapwood/transport-v1v2'
import type { Clock, Resolver } from '@sapwood/transport-v1v2/environment'
import { openSocket } from '@sapwood/transport-v1v2/tcp'
import { isProxyError, ProxyError } from '../errors/proxy-error.ts'
import { formatProxyAddress, type ProxyAddress, resolveProxyAddress } from './proxy-address.ts'

/**
 * Connects to a proxy, where its name has several addresses to the first that takes the connection.
 * @returns the socket with nothing read from it and no listeners on it.
 * @throws ProxyError `proxy-unreachable`, or the signal's reason; then no socket is left open.
 */
export async function connectToProxy(
  address: ProxyAddress,
  resolver: Resolver | undefined,
  components: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Socket> {
  const { signal } = components
  signal.throwIfAborted()
  try {
    const targets = await resolveProxyAddress(address, resolver, signal)
    return await raceToOpen(targets, openSocket, (late) => late.destroy(), components)
  } catch (cause) {
    signal.throwIfAborted()
    if (isProxyError(cause)) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `No connection to the proxy at ${formatProxyAddress(address)}: ${why}`
    throw new ProxyError('proxy-unreachable', message, { step: 'connect', cause })
  }
}
