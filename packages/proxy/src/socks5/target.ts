/**
 * What a SOCKS5 proxy is asked to connect to (RFC 1928).
 * https://www.rfc-editor.org/rfc/rfc1928
 * @module
 */

import { formatHost, type PeerAddress } from '@sapwood/wire-codec'
import { ProxyError } from '../errors/proxy-error.ts'
import { ADDRESS_NAME, COMMAND_CONNECT, MAX_TEXT_LENGTH, SOCKS_VERSION } from './protocol.ts'

/** What the proxy is asked to connect to. */
export interface SocksTarget {
  readonly host: string
  readonly port: number
}

/**
 * The target of an address: its text form, which no code on our side resolves.
 * @throws ProxyError `invalid-address` where the address cannot be put in a request (RFC 1928 §5: 1 to 255
 * bytes).
 */
export function socksTarget(address: PeerAddress): SocksTarget {
  if (address.network !== 'name' && address.zone !== undefined)
    throw new ProxyError('invalid-address', 'A local link of this machine is none of a proxy')
  const host = formatHost(address)
  if (!/^[\x21-\x7e]+$/.test(host)) {
    throw new ProxyError('invalid-address', 'A name for a proxy is printable ASCII, without spaces')
  }
  if (host.length > MAX_TEXT_LENGTH) {
    throw new ProxyError('invalid-address', `A name of ${host.length} bytes does not fit a SOCKS5 request`, {
      limit: MAX_TEXT_LENGTH,
      received: host.length,
    })
  }
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 65_535) {
    throw new ProxyError('invalid-address', `Not a port: ${address.port}`)
  }
  return { host, port: address.port }
}

/** A CONNECT request that names its target, whatever kind of address the name spells. */
export function encodeNamedRequest({ host, port }: SocksTarget): Uint8Array {
  const name = new TextEncoder().encode(host)
  return Uint8Array.of(
    SOCKS_VERSION,
    COMMAND_CONNECT,
    0,
    ADDRESS_NAME,
    name.length,
    ...name,
    port >> 8,
    port & 0xff,
  )
}
