import { type ChainAccess, type ChainEntry, NODE_NETWORK_LIMITED_MIN_BLOCKS } from '@sapwood/node'

/** Blocks by which the tip may have moved on since a remote looked (Core: 288 + 2 of a pruned node). */
const LIMITED_BUFFER = 2
/** Seconds after which a block is old (Core, `HISTORICAL_BLOCK_AGE`). */
const HISTORICAL_BLOCK_AGE = 604_800
/** Seconds for which a block of a branch that was left is served (Core, `STALE_RELAY_AGE_LIMIT`). */
const STALE_RELAY_AGE_LIMIT = 2_592_000

/** What a request for a block comes to: it is served, treated as one for an unknown block, or ends it all. */
export type BlockAnswer = 'serve' | 'unknown' | 'too-old' | 'over-target'

/** What of our own state it depends on. */
export interface ServingFacts {
  /** Our service bits promise all blocks, not the last alone. */
  readonly servesAll: boolean
  /** The day's upload target is met as far as old blocks go. */
  readonly isOverTarget: boolean
  /** Seconds that a block is meant to take. */
  readonly targetSpacing: number
}

/**
 * Whether a peer gets a block, as Bitcoin Core decides (`ProcessGetBlockData`, `BlockRequestAllowed`): old
 * blocks of branches that were left are as unknown, or they would tell which node this is.
 */
export function answerTo(
  hash: ChainEntry['hash'],
  chain: Pick<ChainAccess, 'get' | 'isActive' | 'tip' | 'hashAt'>,
  { servesAll, isOverTarget, targetSpacing }: ServingFacts,
): BlockAnswer {
  const entry = chain.get(hash)
  if (entry === undefined) return 'unknown'
  const tip = chain.tip()
  const age = tip.header.time - entry.header.time
  if (!chain.isActive(hash)) {
    const workBehind = Number(((tip.work - entry.work) * BigInt(targetSpacing)) / workOfLast(chain, tip))
    if (age >= STALE_RELAY_AGE_LIMIT || workBehind >= STALE_RELAY_AGE_LIMIT) return 'unknown'
  }
  if (isOverTarget && age > HISTORICAL_BLOCK_AGE) return 'over-target'
  if (!servesAll && tip.height - entry.height > NODE_NETWORK_LIMITED_MIN_BLOCKS + LIMITED_BUFFER)
    return 'too-old'
  return 'serve'
}

/** Work of the tip alone: the measure of time by work (Core, `GetBlockProofEquivalentTime`). */
function workOfLast(chain: Pick<ChainAccess, 'get'>, tip: ChainEntry): bigint {
  const before = chain.get(tip.header.previousBlockHash)
  return before === undefined ? tip.work : tip.work - before.work
}
