import { TokenBucket } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'

/** Headers of a peer that are hashed for nothing at once, at most: a full message. */
const MAX_USELESS_HEADERS = 2_000
/** And what is added to that in a second. An honest peer announces a block in ten minutes. */
const USELESS_HEADERS_PER_SECOND = 20

/**
 * How many headers of a peer are looked at one by one though they are known already,
 * lead nowhere or have too little work.
 */
export function headerAllowance(now: Instant): TokenBucket {
  return new TokenBucket({ burst: MAX_USELESS_HEADERS, perSecond: USELESS_HEADERS_PER_SECOND }, now)
}
