import { type NetworkAddress, sha256 } from '@sapwood/wire-codec'

/** Core's prefix of addresses that stand for names (`INTERNAL_IN_IPV6_PREFIX`). */
const PREFIX = [0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24] as const

/** What stands for a seed where the address tables ask who told of an address. It is routed nowhere. */
export function seedSource(name: string): NetworkAddress {
  const bytes = new Uint8Array(16)
  bytes.set(PREFIX)
  bytes.set(sha256(new TextEncoder().encode(name)).subarray(0, 10), PREFIX.length)
  return { network: 'ipv6', bytes, port: 0 }
}
