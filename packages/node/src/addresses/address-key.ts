import { formatHost, type NetworkAddress, type PeerAddress, peerAddressKey } from '@sapwood/wire-codec'

declare const brand: unique symbol

/**
 * Names one address and port: equal for equal addresses, whatever objects they come in. Never a peer's id.
 */
export type AddressKey = string & { readonly [brand]: 'address' }

/** The key of an address, fit for maps and for the store. */
export function addressKey(address: PeerAddress): AddressKey {
  if (address.network !== 'name' || !address.host.endsWith('.')) return peerAddressKey(address) as AddressKey
  // The dot that says that a name is whole (RFC 1034 §3.1): a resolver is told it, the host is the same.
  return peerAddressKey({ ...address, host: address.host.slice(0, -1) }) as AddressKey
}

/**
 * The key of an address without its port: what bans and per-host limits go by.
 * One local link's fe80::1 is not another's.
 */
export function hostKey(address: NetworkAddress): string {
  return `${address.network}/${formatHost(address)}`
}
