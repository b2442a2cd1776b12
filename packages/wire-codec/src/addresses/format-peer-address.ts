import { formatI2p } from './i2p.ts'
import { formatIpv4, formatIpv6 } from './ip-text.ts'
import type { PeerAddress } from './network-address.ts'
import { formatTorV3 } from './tor-v3.ts'

/**
 * The host of an address, without brackets and port: `1.2.3.4`, `2001:db8::1`, `….onion`,
 * `….b32.i2p` or the name.
 * @example
 * formatHost({ network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 8333 }) // '127.0.0.1'
 */
export function formatHost(address: PeerAddress): string {
  switch (address.network) {
    case 'ipv4':
      return formatIpv4(address.bytes)
    case 'ipv6':
    case 'cjdns':
    case 'yggdrasil':
      return address.zone === undefined
        ? formatIpv6(address.bytes)
        : `${formatIpv6(address.bytes)}%${address.zone}`
    case 'torv3':
      return formatTorV3(address.bytes)
    case 'i2p':
      return formatI2p(address.bytes)
    case 'name':
      return address.host
  }
}

/**
 * Host and port, as `parsePeerAddress` reads them: `1.2.3.4:8333`, `[2001:db8::1]:8333`, `….onion:8333`.
 * @example
 * const bytes = hexToBytes('20010db8000000000000000000000001')
 * formatPeerAddress({ network: 'ipv6', bytes, port: 8333 }) // '[2001:db8::1]:8333'
 */
export function formatPeerAddress(address: PeerAddress): string {
  const host = formatHost(address)
  return host.includes(':') ? `[${host}]:${address.port}` : `${host}:${address.port}`
}
