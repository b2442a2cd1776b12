import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'
import { hostKey } from '../addresses/address-key.ts'

/**
 * Milliseconds after which what was counted is put aside; after as many again it is forgotten. Less than an
 * honest host waits before it dials again (Core tries what was added by hand once a minute).
 */
const PERIOD = 20_000
/** Hosts counted in a period at most: whoever has more addresses than that begins the next one early. */
export const MAX_COUNTED_HOSTS = 4_096
/** Bytes of an IPv6 address that one host can choose nothing of: whoever has one has its whole /64. */
const IPV6_SUBNET_BYTES = 8

/** How often each host dialled us in the last 20 to 40 seconds, whether it was let in or not. */
export class RecentDials {
  readonly #clock: Clock
  #since: Instant
  #current = new Map<string, number>()
  #before = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
  }

  /** Counts one dial of a host. @param key Its name, from {@link diallerKey}. */
  count(key: string): void {
    const age = this.#clock.now() - this.#since
    const isOver = age >= PERIOD
    if (isOver || (this.#current.size >= MAX_COUNTED_HOSTS && !this.#current.has(key))) {
      this.#before = age >= 2 * PERIOD ? new Map<string, number>() : this.#current
      this.#current = new Map()
      this.#since = this.#clock.now()
    }
    this.#current.set(key, (this.#current.get(key) ?? 0) + 1)
  }

  of(key: string): number {
    return (this.#current.get(key) ?? 0) + (this.#before.get(key) ?? 0)
  }
}

/**
 * One name for all that one host can dial from. Those who came through a hidden service cannot be told apart.
 */
export function diallerKey(address: NetworkAddress | undefined, via: string | undefined): string {
  if (address === undefined) return via ?? ''
  if (address.network !== 'ipv6') return hostKey(address)
  return `ipv6/${address.bytes.subarray(0, IPV6_SUBNET_BYTES).join('.')}`
}
