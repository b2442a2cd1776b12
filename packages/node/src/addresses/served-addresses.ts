import { type GossipedAddress, MAX_ADDRESSES, type NetworkAddress } from '@sapwood/wire-codec'
import { type Clock, drawUnit, HOUR, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'
import type { AddressInfo } from './address-info.ts'
import { type AddressManager, MAX_SHARED_PERCENT } from './address-manager.ts'

/**
 * An answer is given again for this long, and up to 6 hours longer (Core):
 * asking often shows no more of the tables.
 */
const CACHE_LIFETIME = 21 * HOUR
const CACHE_SPREAD = 6 * HOUR
/**
 * Below this number an answer is of a young table, which changes quickly and has little to hide: a day-old
 * answer of nobody would keep a new network from growing.
 */
const YOUNG_ANSWER = 100
const YOUNG_LIFETIME = MINUTE
/** Of a table of a few addresses this many are shown, whatever their share. */
const YOUNG_COUNT = 16

/** Answers `getaddr`: one answer for all who ask over the same network, for about a day. */
export interface ServedAddresses {
  /**
   * @param askedOver What tells apart who may be given different answers: the network and our own address.
   */
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
      const share = Math.floor((addresses.size * MAX_SHARED_PERCENT) / 100)
      const answer = addresses
        .sample(Math.min(MAX_ADDRESSES, Math.max(share, YOUNG_COUNT)))
        .filter(({ address }) => !isAvoided(address))
        .map(gossiped)
      const lifetime =
        answer.length < YOUNG_ANSWER ? YOUNG_LIFETIME : CACHE_LIFETIME + drawUnit(random) * CACHE_SPREAD
      cache.set(askedOver, { until: now + lifetime, answer })
      return answer
    },
  }
}

/** An address as it crosses the wire. */
function gossiped({ address, services, time }: AddressInfo): GossipedAddress {
  return { address, services, time: Math.floor(time / 1000) }
}
