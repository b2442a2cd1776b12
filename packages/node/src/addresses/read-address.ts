import {
  ADDRESS_SIZES,
  decodeIp16,
  type NetworkAddress,
  parseHost,
  parsePeerAddress,
  type PeerAddress,
} from '@sapwood/wire-codec'
import { NodeError } from '../errors/node-error.ts'

/**
 * Reads an address that a program gives, as text or as an object, so that one host has one form: what an object calls a name may
 * be an IP address or an onion service, and what it calls IPv6 an IPv4 address in that form.
 * @throws NodeError `invalid-address`.
 */
export function readAddress(address: PeerAddress | string, defaultPort: number): PeerAddress {
  try {
    if (typeof address === 'string') return parsePeerAddress(address, { defaultPort })
    return address.network === 'name' ? parseHost(address.host, address.port) : checkedAddress(address)
  } catch (cause) {
    const received = typeof address === 'string' ? address : 'an object that is none'
    throw new NodeError('invalid-address', `Not an address: ${received}`, { received, cause })
  }
}

function checkedAddress(address: NetworkAddress): NetworkAddress {
  const { network, bytes, port } = address
  if (bytes.length !== ADDRESS_SIZES[network]) throw new SyntaxError('Not the length of its network')
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw new SyntaxError('Not a port')
  if (network !== 'ipv6') return address
  const read = decodeIp16(bytes, port)
  if (read === 'skip') throw new SyntaxError('A range that is none of IPv6')
  return read.network === 'ipv4' ? read : address
}
