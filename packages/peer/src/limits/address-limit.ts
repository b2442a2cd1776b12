import { type GossipedAddress, MAX_ADDRESSES } from '@sapwood/wire-codec'
import type { Instant, Random } from '@sapwood/transport-v1v2/environment'
import type { BucketOptions } from '../contract/limit-options.ts'
import { TokenBucket } from './token-bucket.ts'

/** Core: `MAX_ADDR_PROCESSING_TOKEN_BUCKET`, `MAX_ADDR_RATE_PER_SECOND`. */
const ADDRESS_BUCKET: BucketOptions = { burst: 1_000, perSecond: 0.1 }
/** Tokens of a new connection (Core, `m_addr_token_bucket`). */
const INITIAL_ADDRESS_TOKENS = 1

/** The rate at which addresses are taken from one remote. */
export class AddressLimit {
  readonly #bucket: TokenBucket
  readonly #random: Random
  processed = 0
  rateLimited = 0

  constructor(random: Random, now: Instant, options: BucketOptions = ADDRESS_BUCKET) {
    this.#random = random
    this.#bucket = new TokenBucket(options, now, Math.min(INITIAL_ADDRESS_TOKENS, options.burst))
  }

  /** We asked: as many addresses as one message holds may come on top. */
  asked(): void {
    this.#bucket.grant(MAX_ADDRESSES)
  }

  /** Takes what the rate allows of `count` addresses, before they are looked at. @returns how many may be. */
  allow(count: number, now: Instant): number {
    const allowed = this.#bucket.takeUpTo(count, now)
    this.processed += allowed
    this.rateLimited += count - allowed
    return allowed
  }

  /**
   * `count` of them, copied: the message that they stand in is not held by them. Which ones is up to chance,
   * not to the remote.
   */
  choose(addresses: readonly GossipedAddress[], count: number): readonly GossipedAddress[] {
    if (count === 0) return []
    return shuffle(addresses, this.#random).slice(0, count).map(copyAddress)
  }
}

function copyAddress(gossiped: GossipedAddress): GossipedAddress {
  const { address } = gossiped
  return { ...gossiped, address: { ...address, bytes: address.bytes.slice() } }
}

/** Fisher–Yates. The bias of taking 32 bits modulo at most 1,000 is below one in four million. */
function shuffle<T>(values: readonly T[], random: Random): T[] {
  const shuffled = [...values]
  if (shuffled.length < 2) return shuffled
  const bytes = random.bytes(4 * shuffled.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = view.getUint32(4 * last, true) % (last + 1)
    const value = shuffled[last]!
    shuffled[last] = shuffled[other]!
    shuffled[other] = value
  }
  return shuffled
}
