import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2'

/** Addresses that share a prefix. A single address has the full length of its network. */
export interface Subnet {
  readonly network: NetworkAddress['network']
  /** Raw address, bits past `prefixLength` zero. */
  readonly bytes: Uint8Array
  /** Bits that count: 32 for one IPv4 address, 128 for one IPv6 address, 256 for one onion or I2P address. */
  readonly prefixLength: number
}

/** A ban as it is persisted and listed. */
export interface BanEntry {
  readonly subnet: Subnet
  /** As text: `203.0.113.7`, `203.0.113.0/24`, `….onion`. */
  readonly text: string
  readonly createdAt: Instant
  /** When it ends. An instant, never a duration. */
  readonly expiresAt: Instant
  readonly reason: string
}
