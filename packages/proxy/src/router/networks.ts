import { isIP } from 'node:net'
import type { AddressNetwork, PeerAddress } from '@sapwood/wire-codec'
import { oneOf } from '@sapwood/wire-codec/arguments'
import { ProxyError } from '../errors/proxy-error.ts'

/** See `NetworkName`. */
const NETWORK_NAMES = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns', 'yggdrasil'] as const

/** The networks by the names of Core's `-onlynet` and `-proxy=…=<network>`, and Yggdrasil. */
export type NetworkName = (typeof NETWORK_NAMES)[number]

const ADDRESS_NETWORKS: Readonly<Record<NetworkName, AddressNetwork>> = {
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  onion: 'torv3',
  i2p: 'i2p',
  cjdns: 'cjdns',
  yggdrasil: 'yggdrasil',
}

/** @throws ProxyError `invalid-options` */
export function addressNetwork(name: string): AddressNetwork {
  if (!Object.hasOwn(ADDRESS_NETWORKS, name)) {
    const fault = oneOf(...NETWORK_NAMES)(name, 'createRouter: options.onlyNet') ?? ''
    throw new ProxyError('invalid-options', fault, {
      expected: NETWORK_NAMES.join(', '),
      received: name,
    })
  }
  return ADDRESS_NETWORKS[name as NetworkName]
}

/**
 * The network that an address has to be reached by. A name can hide one: `.onion` and `.i2p` names must never
 * get to DNS (RFC 7686), and an IP address in text form needs none.
 */
export function networkOf(address: PeerAddress): AddressNetwork | 'name' {
  if (address.network !== 'name') return address.network
  const host = address.host.toLowerCase().replace(/\.+$/, '')
  if (host === 'onion' || host.endsWith('.onion')) return 'torv3'
  if (host === 'i2p' || host.endsWith('.i2p')) return 'i2p'
  const version = isIP(host)
  if (version === 0) return 'name'
  return version === 4 ? 'ipv4' : 'ipv6'
}
