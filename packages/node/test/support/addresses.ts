import { type NetworkAddress, parsePeerAddress, Services } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import type { AddressReport } from '../../src/addresses/address-manager.ts'

export const FULL_NODE: bigint = Services.NETWORK | Services.WITNESS | Services.NETWORK_LIMITED

export function address(text: string): NetworkAddress {
  const parsed = parsePeerAddress(text, { defaultPort: 8333 })
  if (parsed.network === 'name') throw new TypeError(text)
  return parsed
}

export function report(text: string, time: number, services: bigint = FULL_NODE): AddressReport {
  return { address: address(text), services, time: time as WallTime }
}

/** The `index`th of many routable IPv4 addresses, each in a netgroup of its own as long as there are some. */
export function nthAddress(index: number): NetworkAddress {
  const group = index % 20_000
  const high = 11 + Math.floor(group / 256)
  return {
    network: 'ipv4',
    bytes: Uint8Array.of(high === 127 ? 200 : high, group % 256, 1 + Math.floor(index / 20_000), 7),
    port: 8333,
  }
}
