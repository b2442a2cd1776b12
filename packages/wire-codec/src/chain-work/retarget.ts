import type { Network } from '../networks/network.ts'
import { bitsToTarget, targetToBits } from './target.ts'

/** Most by which one period can change the target, up or down. */
const MAX_CHANGE = 4

/** What the difficulty of a period follows from. */
export interface RetargetFacts {
  /** Time of the first block of the period that ends. */
  readonly firstTime: number
  /**
   * Compact target of that block: BIP94 starts from it,
   * since no easiest-target exception can have touched it.
   */
  readonly firstBits: number
  /** Time of the last block of the period. */
  readonly lastTime: number
  /** Compact target of that block. */
  readonly lastBits: number
}

/**
 * Compact target of the first block of a period, from the one before it (Core, `CalculateNextWorkRequired`).
 * The time is that of one spacing less than the period has: a mistake of the first release, and a rule ever
 * since.
 */
export function nextBits(facts: RetargetFacts, { proofOfWork, powLimitBits }: Network): number {
  if (proofOfWork.noRetargeting) return facts.lastBits
  const timespan = proofOfWork.difficultyAdjustmentInterval * proofOfWork.targetSpacing
  const elapsed = facts.lastTime - facts.firstTime
  const bounded = Math.min(Math.max(elapsed, Math.floor(timespan / MAX_CHANGE)), timespan * MAX_CHANGE)
  const before = bitsToTarget(proofOfWork.enforceBip94 ? facts.firstBits : facts.lastBits) ?? 0n
  const limit = bitsToTarget(powLimitBits) ?? 0n
  const target = (before * BigInt(bounded)) / BigInt(timespan)
  return targetToBits(target > limit ? limit : target)
}
