import type { Socket } from 'node:net'
import type { Resolver } from '@sapwood/transport-v1v2/environment'
import { openSocket } from '@sapwood/transport-v1v2/tcp'
import { ProxyError } from '../errors/proxy-error.ts'
import { formatProxyAddress, type ProxyAddress, resolveProxyAddress } from './proxy-address.ts'

/**
 * Connects to a proxy, where its name has several addresses to the first that takes the connection.
 * @returns the socket with nothing read from it and no listeners on it.
 * @throws ProxyError `proxy-unreachable`, or the signal's reason; then no socket is left open.
 */
export async function connectToProxy(
  address: ProxyAddress,
  resolver: Resolver | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted()
  let failure: unknown
  for (const target of await resolveProxyAddress(address, resolver, signal)) {
    try {
      return await openSocket(target, signal)
    } catch (cause) {
      signal.throwIfAborted()
      failure = cause
    }
  }
  const why = failure instanceof Error ? failure.message : String(failure)
  const message = `No connection to the proxy at ${formatProxyAddress(address)}: ${why}`
  throw new ProxyError('proxy-unreachable', message, { step: 'connect', cause: failure })
}
