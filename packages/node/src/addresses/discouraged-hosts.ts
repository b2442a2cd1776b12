import type { NetworkAddress } from '@sapwood/wire-codec'
import { hostKey } from './address-key.ts'
import { RecentKeys } from './recent-keys.ts'

/** Hosts remembered at most (Core's rolling filter holds as many). */
const MAX_DISCOURAGED = 50_000

/**
 * Hosts that misbehaved: not dialled, and the first to go when inbound connections are full. Kept in memory
 * only, and bounded: the oldest half is forgotten when it is full, so whoever has many addresses cannot make
 * it grow.
 */
export interface DiscouragedHosts {
  add(address: NetworkAddress): void
  has(address: NetworkAddress): boolean
}

/** @param capacity Hosts remembered at most. Default: 50,000. */
export function createDiscouragedHosts(capacity: number = MAX_DISCOURAGED): DiscouragedHosts {
  const hosts = new RecentKeys(capacity)
  return {
    add: (address) => void hosts.add(hostKey(address)),
    has: (address) => hosts.has(hostKey(address)),
  }
}
