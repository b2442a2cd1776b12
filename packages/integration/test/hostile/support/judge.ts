import { A_FEW, ALL_PLACES, type Limits } from './attack.ts'
import type { Done } from './attackers.ts'

const MB = 1_000_000

/** What may at most happen, unless an attack says otherwise. */
export const LIMITS: Limits = {
  bytesPerPeer: 1.5 * MB,
  bytes: 256 * MB,
  medianPing: 20,
  worstPing: 150,
  slowdown: 1.25,
}
/** Growth that says nothing: heap that the runtime has grown into and not given back. */
const UNCOUNTED_BYTES = 64 * MB

/** What was seen of one attack. Times in milliseconds, memory in bytes. */
export interface Measured {
  readonly peers: number
  /** Whether it was ready in time, and struck. */
  readonly struck: boolean
  readonly before: number
  readonly worst: number
  readonly medianPing: number
  readonly worstPing: number
  readonly loopDelay: number
  /** The same download alone, and beside the attack; infinite where it did not come to an end. */
  readonly alone: number
  readonly beside: number
  /** Why the process ended; undefined where it lives. */
  readonly death?: string
  /** Honest peers that were lost, and why. */
  readonly lost: readonly string[]
  /** Whether one more honest peer got in at the end. */
  readonly newcomer: boolean
  /** What the process wrote to its standard error: an error that nobody caught, a warning. */
  readonly written: string
  /** What the hostile peers did; undefined where that could not be learnt. */
  readonly done?: Done
}

/**
 * What succeeded; empty where the node held.
 * @param slack what limits of time are multiplied with, for a machine that is not quiet.
 */
export function judge(measured: Measured, limits: Limits, slack: number): readonly string[] {
  const { peers, before, worst, medianPing, worstPing, alone, beside, death, lost, written } = measured
  if (death !== undefined) return [`the process ended (${death})`]
  const reasons: string[] = []
  if (!measured.struck || (measured.done?.connections ?? 0) === 0)
    reasons.push('the attack did not take place')
  const grown = worst - before
  const perPeer = Math.max(0, grown - UNCOUNTED_BYTES) / peers
  // With all places taken: one peer alone may have a message of 4 MB under way, as in Core.
  if (peers >= ALL_PLACES && perPeer > limits.bytesPerPeer)
    reasons.push(`${(perPeer / MB).toFixed(1)} MB for each hostile peer`)
  if (grown > limits.bytes) reasons.push(`${(grown / MB).toFixed(0)} MB more in all`)
  for (const why of lost) reasons.push(why)
  if (written !== '') reasons.push(`written to standard error: ${written.split('\n')[0]!}`)
  if (!Number.isFinite(beside)) reasons.push('the honest download did not come to an end')
  if (!Number.isFinite(alone)) reasons.push('the honest download alone did not come to an end')
  if (!measured.newcomer) reasons.push('one more honest peer did not get in')
  if (peers > A_FEW) return reasons
  if (medianPing > limits.medianPing * slack) reasons.push(`median ping ${medianPing.toFixed(0)} ms`)
  if (worstPing > limits.worstPing * slack) reasons.push(`worst ping ${worstPing.toFixed(0)} ms`)
  if (Number.isFinite(beside) && beside > alone * limits.slowdown * slack) {
    reasons.push(`the honest download took ${(beside / alone).toFixed(2)} times its time`)
  }
  return reasons
}
