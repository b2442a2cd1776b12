import type { AddressNetwork, NetworkAddress } from '@sapwood/wire-codec'
import { type Clock, DAY, type WallTime } from '@sapwood/transport-v1v2/environment'
import { hostKey } from './address-key.ts'
import { formatSubnet, masked, type Subnet } from './subnet.ts'

/** How long a ban lasts unless it says so (Core, `DEFAULT_MISBEHAVING_BANTIME`). */
export const DEFAULT_BAN_DURATION: number = DAY

/** A ban as it is persisted and listed. */
export interface BanEntry {
  readonly subnet: Subnet
  /** As text: `203.0.113.7`, `203.0.113.0/24`, `….onion`. */
  readonly text: string
  readonly createdAt: WallTime
  /** When it ends: a time of day, never a duration. */
  readonly expiresAt: WallTime
  readonly reason: string
}

/** Addresses and subnets that the node has nothing to do with until an instant. */
export interface BanList {
  /** Adds a ban, or replaces the one of the same subnet. @param createdAt Default: now. */
  add(subnet: Subnet, expiresAt: WallTime, reason: string, createdAt?: WallTime): BanEntry
  /** @returns the ban that was lifted. */
  remove(subnet: Subnet): BanEntry | undefined
  /** The ban that covers the address now. The cost does not grow with the number of bans. */
  find(address: NetworkAddress): BanEntry | undefined
  /** Those that have not expired. */
  list(): BanEntry[]
  /** Forgets those that have expired, and returns them. */
  sweep(): BanEntry[]
}

/** @param restore What was persisted; expired bans are left out. */
export function createBanList(
  components: { readonly clock: Clock },
  restore: Iterable<BanEntry> = [],
): BanList {
  const bans = new Map<string, BanEntry>()
  const prefixLengths = new Map<AddressNetwork, Map<number, number>>()

  const countPrefix = ({ network, prefixLength }: Subnet, change: number): void => {
    const lengths = prefixLengths.get(network) ?? new Map<number, number>()
    prefixLengths.set(network, lengths)
    const count = (lengths.get(prefixLength) ?? 0) + change
    if (count === 0) lengths.delete(prefixLength)
    else lengths.set(prefixLength, count)
  }
  const put = (entry: BanEntry): void => {
    const key = subnetKey(entry.subnet)
    if (!bans.has(key)) countPrefix(entry.subnet, 1)
    bans.set(key, entry)
  }
  const drop = (entry: BanEntry): void => {
    if (bans.delete(subnetKey(entry.subnet))) countPrefix(entry.subnet, -1)
  }
  const isOver = (entry: BanEntry): boolean => entry.expiresAt <= components.clock.wallTime()

  for (const entry of restore) if (!isOver(entry)) put(entry)

  return {
    add: (subnet, expiresAt, reason, createdAt = components.clock.wallTime()) => {
      const text = formatSubnet(subnet)
      const entry = { subnet, text, createdAt, expiresAt, reason }
      put(entry)
      return entry
    },
    remove: (subnet) => {
      const entry = bans.get(subnetKey(subnet))
      if (entry !== undefined) drop(entry)
      return entry
    },
    find: (address) => {
      for (const prefixLength of prefixLengths.get(address.network)?.keys() ?? []) {
        const { network, zone } = address
        const anywhere = { network, bytes: masked(address.bytes, prefixLength), prefixLength }
        for (const subnet of zone === undefined ? [anywhere] : [anywhere, { ...anywhere, zone }]) {
          const entry = bans.get(subnetKey(subnet))
          if (entry !== undefined && !isOver(entry)) return entry
        }
      }
      return undefined
    },
    list: () => [...bans.values()].filter((entry) => !isOver(entry)),
    sweep: () => {
      const over = [...bans.values()].filter(isOver)
      for (const entry of over) drop(entry)
      return over
    },
  }
}

/** Names a subnet, in maps and in the store. */
export function subnetKey(subnet: Subnet): string {
  return `${hostKey({ ...subnet, port: 0 })}/${subnet.prefixLength}`
}
