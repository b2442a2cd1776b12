import type { NetworkAddress } from '@sapwood/wire-codec'
import type { TransportProtocol } from '@sapwood/transport-v1v2'
import { DAY, MINUTE, type WallTime } from '@sapwood/transport-v1v2/environment'
import type { AddressInfo } from './address-info.ts'
import type { AddressKey } from './address-key.ts'

/** An address not heard of for this long is of no use (Core, `ADDRMAN_HORIZON`). */
const HORIZON: number = 30 * DAY
/** A time further ahead than this is a lie or a broken clock (Core). */
const MAX_TIME_AHEAD: number = 10 * MINUTE
/** Attempts after which an address that never worked is given up (Core, `ADDRMAN_RETRIES`). */
const MAX_ATTEMPTS_WITHOUT_SUCCESS = 3
/**
 * Attempts after which an address that once worked is given up, if that was longer ago than a week (Core).
 */
const MAX_ATTEMPTS = 10
const MIN_FAIL = 7 * DAY
/** An address tried this recently is not judged: the attempt may be under way (Core). */
const JUST_TRIED = MINUTE
/** An address tried this recently is an unlikely choice (Core). */
export const RECENTLY_TRIED: number = 10 * MINUTE

/** One address in the tables. Changed only by the address manager. */
export interface AddressEntry {
  readonly key: AddressKey
  readonly address: NetworkAddress
  readonly source: NetworkAddress
  services: bigint
  /** Last time that it was said to be alive. */
  time: WallTime
  lastTry: WallTime | undefined
  /** Last attempt that was counted as a failure. */
  lastCountedTry: WallTime | undefined
  lastSuccess: WallTime | undefined
  attempts: number
  protocol: TransportProtocol | undefined
  tried: boolean
  /** The store may hold it: where it is forgotten, the store has to hear of that. */
  stored: boolean
  /** Buckets of the new table that refer to it; empty once tried. */
  readonly newBuckets: Set<number>
  /** Place in the manager's list of all addresses. */
  index: number
}

/** Whether an address is not worth its place (Core, `AddrInfo::IsTerrible`). */
export function isTerrible(entry: AddressEntry, now: WallTime): boolean {
  if (entry.lastTry !== undefined && now - entry.lastTry <= JUST_TRIED) return false
  if (entry.time > now + MAX_TIME_AHEAD) return true
  if (now - entry.time > HORIZON) return true
  if (entry.lastSuccess === undefined) return entry.attempts >= MAX_ATTEMPTS_WITHOUT_SUCCESS
  return now - entry.lastSuccess > MIN_FAIL && entry.attempts >= MAX_ATTEMPTS
}

/** How likely a selected address is to be kept: 1 is certain (Core, `AddrInfo::GetChance`). */
export function selectionChance(entry: AddressEntry, now: WallTime): number {
  const recent = entry.lastTry !== undefined && now - entry.lastTry < RECENTLY_TRIED
  return (recent ? 0.01 : 1) * 0.66 ** Math.min(entry.attempts, 8)
}

/** What the outside sees of an entry. */
export function entryInfo(entry: AddressEntry): AddressInfo {
  return {
    address: entry.address,
    services: entry.services,
    time: entry.time,
    source: entry.source,
    attempts: entry.attempts,
    table: entry.tried ? 'tried' : 'new',
    ...(entry.lastTry !== undefined && { lastTry: entry.lastTry }),
    ...(entry.lastSuccess !== undefined && { lastSuccess: entry.lastSuccess }),
    ...(entry.protocol !== undefined && { protocol: entry.protocol }),
  }
}
