import { ADDRESS_SIZES, decodeIp16, type NetworkAddress } from '@sapwood/wire-codec'

/**
 * An address of a program's own (a resolver, a listener, a call) in the one form that it has in tables and
 * bans: an IPv4 address that is mapped into IPv6 is IPv4.
 * @returns undefined for what is no address.
 */
export function canonicalAddress(address: NetworkAddress): NetworkAddress | undefined {
  const { network, bytes, port } = address
  if (!(bytes instanceof Uint8Array) || bytes.length !== ADDRESS_SIZES[network]) return undefined
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) return undefined
  if (network !== 'ipv6') return address
  const read = decodeIp16(bytes, port)
  if (read === 'skip') return undefined
  return read.network === 'ipv4' ? read : address
}
