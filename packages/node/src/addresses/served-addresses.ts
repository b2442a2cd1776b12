import type { GossipedAddress, NetworkAddress } from '@sapwood/wire-codec'
import type { Clock, Random } from '@sapwood/transport-v1v2'
import { drawUnit } from '../random/draw.ts'
import type { AddressInfo } from './address-info.ts'
import { type AddressManager, MAX_SHARED_PERCENT } from './address-manager.ts'

const HOUR = 3_600_000
/** Addresses in one answer (BIP155). */
const MAX_ADDRESSES = 1_000
/** An answer is given again for this long, and up to 6 hours longer (Core): asking often shows no more of the tables. */
const CACHE_LIFETIME = 21 * HOUR
const CACHE_SPREAD = 6 * HOUR

/** Answers `getaddr`: one answer for all who ask over the same network, for about a day. */
export interface ServedAddresses {
  /** @param askedOver What tells apart who may be given different answers: the network and our own address. */
  answer(askedOver: string): readonly GossipedAddress[]
}

export function createServedAddresses(components: {
  readonly clock: Clock
  readonly random: Random
  readonly addresses: AddressManager
  readonly isAvoided: (address: NetworkAddress) => boolean
}): ServedAddresses {
  const { clock, random, addresses, isAvoided } = components
  const cache = new Map<string, { readonly until: number; readonly answer: readonly GossipedAddress[] }>()
  return {
    answer: (askedOver) => {
      const now = clock.now()
      const cached = cache.get(askedOver)
      if (cached !== undefined && now < cached.until) return cached.answer
      const answer = addresses
        .sample(MAX_ADDRESSES, { maxPercent: MAX_SHARED_PERCENT })
        .filter(({ address }) => !isAvoided(address))
        .map(gossiped)
      cache.set(askedOver, { until: now + CACHE_LIFETIME + drawUnit(random) * CACHE_SPREAD, answer })
      return answer
    },
  }
}

/** An address as it crosses the wire. */
export function gossiped({ address, services, time }: AddressInfo): GossipedAddress {
  return { address, services, time: Math.floor(time / 1000) }
}
