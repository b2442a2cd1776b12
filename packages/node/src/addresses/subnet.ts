import { type AddressNetwork, formatHost, type NetworkAddress, parseHost } from '@sapwood/wire-codec'

/** Addresses that share a prefix. A single address has the full length of its network. */
export interface Subnet {
  readonly network: AddressNetwork
  /** Raw address, bits past `prefixLength` zero. */
  readonly bytes: Uint8Array
  /** Bits that count: 32 for one IPv4 address, 128 for one IPv6 address, 256 for one onion or I2P address. */
  readonly prefixLength: number
  /** The link that a link-local address is on. Absent: whatever link it comes by. */
  readonly zone?: string
}

/**
 * Reads `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`, `fe80::1%eth0`, an onion or an I2P address,
 * all without a port.
 * @throws SyntaxError where it is none of these.
 */
export function parseSubnet(text: string): Subnet {
  const slash = text.lastIndexOf('/')
  const host = slash === -1 ? text : text.slice(0, slash)
  const address = hostAddress(host, text)
  const bits = address.bytes.length * 8
  if (slash === -1) return subnetOf(address)
  const length = text.slice(slash + 1)
  const prefixLength = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  const canHavePrefix =
    address.network === 'ipv4' || address.network === 'ipv6' || address.network === 'cjdns'
  if (!canHavePrefix || !(prefixLength <= bits)) throw invalid(text)
  return { ...subnetOf(address), bytes: masked(address.bytes, prefixLength), prefixLength }
}

/** The subnet that is one address. */
function subnetOf({ network, bytes, zone }: NetworkAddress): Subnet {
  return {
    network,
    bytes: bytes.slice(),
    prefixLength: bytes.length * 8,
    ...(zone !== undefined && { zone }),
  }
}

/** As `parseSubnet` reads it. */
export function formatSubnet(subnet: Subnet): string {
  const host = formatHost({ ...subnet, port: 0 })
  return subnet.prefixLength === subnet.bytes.length * 8 ? host : `${host}/${subnet.prefixLength}`
}

export function inSubnet(subnet: Subnet, address: NetworkAddress): boolean {
  if (address.network !== subnet.network || address.bytes.length !== subnet.bytes.length) return false
  if (subnet.zone !== undefined && subnet.zone !== address.zone) return false
  const whole = subnet.prefixLength >> 3
  for (let index = 0; index < whole; index++) {
    if (address.bytes[index] !== subnet.bytes[index]) return false
  }
  const rest = subnet.prefixLength & 7
  if (rest === 0) return true
  const mask = 0xff << (8 - rest)
  return ((address.bytes[whole]! ^ subnet.bytes[whole]!) & mask & 0xff) === 0
}

/** The first `prefixLength` bits, the others zero. */
export function masked(bytes: Uint8Array, prefixLength: number): Uint8Array {
  const out = new Uint8Array(bytes.length)
  const whole = prefixLength >> 3
  out.set(bytes.subarray(0, whole))
  const rest = prefixLength & 7
  if (rest !== 0) out[whole] = bytes[whole]! & (0xff << (8 - rest))
  return out
}

function hostAddress(host: string, text: string): NetworkAddress {
  const bare = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host
  const address = parseHost(bare, 0)
  if (address.network === 'name') throw invalid(text)
  return address
}

function invalid(text: string): SyntaxError {
  return new SyntaxError(`Not an address or a subnet: ${text}`)
}
