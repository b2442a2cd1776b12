import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Resolver } from '../environment/resolver.ts'
import { TransportError } from '../errors/transport-error.ts'
import { parseIp } from './ip-text.ts'

/** The operating system's resolver (`getaddrinfo`). The port of what it gives is 0. */
export const systemResolver: Resolver = {
  resolve: async (host, { signal }) => {
    signal.throwIfAborted()
    const found = await lookup(host, { all: true, verbatim: true }).catch((cause: unknown) => {
      throw new TransportError('resolve-failed', `No address for ${host}`, { cause })
    })
    signal.throwIfAborted()
    return found.map(
      ({ address }): NetworkAddress => ({
        network: isIPv4(address) ? 'ipv4' : 'ipv6',
        bytes: parseIp(address),
        port: 0,
        ...(address.includes('%') && { zone: address.slice(address.indexOf('%') + 1) }),
      }),
    )
  },
}
