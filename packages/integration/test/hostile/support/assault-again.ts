import { assault, type Strength } from './assault.ts'
import { A_FEW } from './attack.ts'
import { LIMITS, type Measured } from './judge.ts'
import type { ListedAttack } from './list-attacks.ts'

/** From how much below the limit to how much above that figure tells too little: another counts as much. */
const BELOW = 0.1
const ABOVE = 0.25

/**
 * One attack, and once more, on other processes, where the time of its download is near the limit: it differs
 * by a tenth from one process to the next, which more downloads of the same two do not make less.
 */
export async function assaultUntilTold(listed: ListedAttack, strength: Strength): Promise<Measured> {
  const measured = await assault(listed, strength)
  const { slowdown } = { ...LIMITS, ...listed.attack.atMost }
  const beyond = measured.beside / measured.alone - slowdown
  const isNear = beyond > -BELOW && beyond < ABOVE
  if (strength.peers > A_FEW || !isNear) return measured
  return together(measured, await assault(listed, strength))
}

/** Of two the mean of what is held against each other, and the worst of all else. */
export function together(first: Measured, second: Measured): Measured {
  const larger = first.worst - first.before < second.worst - second.before ? second : first
  const death = first.death ?? second.death
  return {
    ...larger,
    struck: first.struck && second.struck,
    medianPing: Math.max(first.medianPing, second.medianPing),
    worstPing: Math.max(first.worstPing, second.worstPing),
    loopDelay: Math.max(first.loopDelay, second.loopDelay),
    alone: (first.alone + second.alone) / 2,
    beside: (first.beside + second.beside) / 2,
    newcomer: first.newcomer && second.newcomer,
    ...(death !== undefined && { death }),
    lost: [...first.lost, ...second.lost],
    written: first.written || second.written,
  }
}
