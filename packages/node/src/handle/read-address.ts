import { type NetworkAddress, parseHost, parsePeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { canonicalAddress } from '../addresses/canonical-address.ts'
import { parseSubnet, type Subnet } from '../addresses/subnet.ts'
import { NodeError } from '../errors/node-error.ts'

/**
 * Reads an address that a program gives, as text or as an object, so that one host has one form: what an
 * object calls a name may be an IP address or an onion service, and what it calls IPv6 an IPv4 address in
 * that form.
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

/** Reads whom a program bans, as `parseSubnet` does. @throws NodeError `invalid-address`. */
export function readSubnet(text: string): Subnet {
  try {
    return parseSubnet(text)
  } catch (cause) {
    throw new NodeError('invalid-address', `Not an address or a subnet: ${text}`, { received: text, cause })
  }
}

function checkedAddress(address: NetworkAddress): NetworkAddress {
  const checked = canonicalAddress(address)
  if (checked === undefined) throw new SyntaxError('Not the bytes or the port of its network')
  return checked
}
