/**
 * Addresses of all networks (BIP155).
 * https://github.com/bitcoin/bips/blob/master/bip-0155.mediawiki
 * @module
 */

import { DecodeError } from '../errors/decode-error.ts'
import { I2P_PORT } from './i2p.ts'
import { CJDNS_PREFIX, isMappedIpv4, isObsoleteIp16, isYggdrasil } from './ip16.ts'
import type { AddressNetwork, NetworkAddress } from './network-address.ts'

/** Network ids of BIP155. Tor v2 (3) is read and dropped: the network it belonged to is gone. */
export const Bip155NetworkId = {
  ipv4: 1,
  ipv6: 2,
  torv3: 4,
  i2p: 5,
  cjdns: 6,
  yggdrasil: 7,
} as const

/** Bytes of an address of each network. */
export const ADDRESS_SIZES = {
  ipv4: 4,
  ipv6: 16,
  torv3: 32,
  i2p: 32,
  cjdns: 16,
  yggdrasil: 16,
} as const

const NETWORKS_BY_ID: ReadonlyMap<number, AddressNetwork> = /* @__PURE__ */ new Map(
  (Object.keys(Bip155NetworkId) as AddressNetwork[]).map((network) => [Bip155NetworkId[network], network]),
)

/** Where in a message the address stands, for the error. */
export interface Bip155Place {
  /** Bytes from the start of the payload to the address. Default: 0. */
  readonly offset?: number
  readonly command?: string | undefined
}

/**
 * An address of `addrv2` (BIP155), its bytes a view of `bytes`; `skip` for one that is to be left out: of a
 * network that is not known or gone, or not of its network's form (an IPv6 that embeds IPv4 or Tor v2, a
 * CJDNS outside fc00::/8, a Yggdrasil outside 200::/7 or of another length, an I2P with a port).
 * @throws DecodeError `invalid-address` when the length does not fit a network that Core knows: the whole
 * message is void then.
 */
export function decodeBip155(
  networkId: number,
  bytes: Uint8Array,
  port: number,
  { offset = 0, command }: Bip155Place = {},
): NetworkAddress | 'skip' {
  const network = NETWORKS_BY_ID.get(networkId)
  if (network === undefined) return 'skip'
  const size = ADDRESS_SIZES[network]
  if (bytes.length !== size) {
    // Core does not know Yggdrasil, and leaves out what it does not know, of whatever length.
    if (network === 'yggdrasil') return 'skip'
    throw new DecodeError('invalid-address', { offset, command, value: bytes.length, limit: size })
  }
  return isWellFormed(network, bytes, port) ? { network, bytes, port } : 'skip'
}

function isWellFormed(network: AddressNetwork, bytes: Uint8Array, port: number): boolean {
  switch (network) {
    case 'ipv4':
    case 'torv3':
      return true
    case 'ipv6':
      return !isMappedIpv4(bytes) && !isObsoleteIp16(bytes)
    case 'i2p':
      return port === I2P_PORT
    case 'cjdns':
      return bytes[0] === CJDNS_PREFIX
    case 'yggdrasil':
      return isYggdrasil(bytes)
  }
}
