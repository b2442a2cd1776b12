/** The networks of BIP155 that an address can be carried for. */
export const ADDRESS_NETWORKS = ['ipv4', 'ipv6', 'torv3', 'i2p', 'cjdns', 'yggdrasil'] as const
/** See `ADDRESS_NETWORKS`. */
export type AddressNetwork = (typeof ADDRESS_NETWORKS)[number]

/** A peer's address as the network gossips it (BIP155): where it is, without what it serves. */
export interface NetworkAddress {
  readonly network: AddressNetwork
  /**
   * Raw address: 4 bytes for IPv4, 16 for IPv6, CJDNS and Yggdrasil, 32 for Tor v3 (public key)
   * and I2P (hash).
   */
  readonly bytes: Uint8Array
  /** 0 to 65,535; always 0 for I2P. */
  readonly port: number
  /**
   * The link that a link-local IPv6 address (fe80::/10) is on, as this machine calls it (RFC 4007).
   * It never leaves it.
   */
  readonly zone?: string
}

/** A host by its DNS name. It can be dialled, and is never gossiped. */
export interface NamedAddress {
  readonly network: 'name'
  /** The name in ASCII, at most 255 characters. */
  readonly host: string
  readonly port: number
}

/** Anything that a dialer can be asked to reach. */
export type PeerAddress = NetworkAddress | NamedAddress
