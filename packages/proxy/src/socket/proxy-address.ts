import { isIP } from 'node:net'
import { MAX_ADDRESSES_PER_NAME } from '@sapwood/transport-v1v2'
import { type Resolver, untilAborted } from '@sapwood/transport-v1v2/environment'
import type { SocketTarget } from '@sapwood/transport-v1v2/tcp'
import { formatHost } from '@sapwood/wire-codec'
import { aPort, type ArgumentCheck, aText } from '@sapwood/wire-codec/arguments'
import { ProxyError } from '../errors/proxy-error.ts'

/** Where a proxy, a control port or a SAM bridge listens. */
export type ProxyAddress =
  /** An IP address, `localhost`, or a name if there is a `Resolver` for it. */
  | { readonly host: string; readonly port: number }
  /** A unix domain socket. */
  | { readonly path: string }

/** A place where a proxy listens, and not its text. */
export const aProxyAddress: ArgumentCheck = (value, path) => {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('path' in value || ('host' in value && 'port' in value))
  )
    return `${path}: expected { host, port } or { path }, as { host: '127.0.0.1', port: 9050 }`
  if ('path' in value) return aText(value.path, `${path}.path`)
  return aText(value.host, `${path}.host`) ?? aPort(value.port, `${path}.port`)
}

/**
 * Checks a proxy's address.
 * @throws ProxyError `invalid-options`
 */
export function checkProxyAddress(address: ProxyAddress, hasResolver: boolean): void {
  if ('path' in address) {
    if (address.path === '') throw new ProxyError('invalid-options', 'The path of a unix socket is empty')
    return
  }
  const { host, port } = address
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ProxyError('invalid-options', `Not a port: ${port}`)
  }
  if (isIP(host) === 0 && host !== 'localhost' && !hasResolver) {
    throw new ProxyError('invalid-options', `${host} is not an IP address, and there is no resolver`)
  }
}

/**
 * Where the name leads, if the address is one; `localhost` is the loopback address without asking (RFC 6761).
 */
export async function resolveProxyAddress(
  address: ProxyAddress,
  resolver: Resolver | undefined,
  signal: AbortSignal,
): Promise<readonly SocketTarget[]> {
  if ('path' in address || isIP(address.host) !== 0) return [address]
  const { host, port } = address
  if (host === 'localhost') return [{ host: '127.0.0.1', port }]
  // One that goes on after the signal, as the system's does, is not waited for.
  const found = (await untilAborted(signal, () => resolver?.resolve(host, { signal }))) ?? []
  if (found.length === 0)
    throw new ProxyError('proxy-unreachable', `No address for the proxy ${host}`, { step: 'connect' })
  return found.slice(0, MAX_ADDRESSES_PER_NAME).map((each) => ({ host: formatHost(each), port }))
}

/** For messages: `127.0.0.1:9050` or `unix:/run/tor/socks`. */
export function formatProxyAddress(address: ProxyAddress): string {
  if ('path' in address) return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
