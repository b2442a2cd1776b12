import { assault, type Strength } from './assault.ts'
import { A_FEW } from './attack.ts'
import { LIMITS, type Measured } from './judge.ts'
import type { ListedAttack } from './list-attacks.ts'

/**
 * By how much the time of a download, in times of that of the twin, may be below the limit or above it and
 * still tell too little: from one pair of processes to the next it differs by a tenth, which more downloads
 * of the same two do not make less. Of several pairs the mean differs by as much less.
 */
const BELOW = 0.1
const ABOVE = 0.25
/** Pairs of one attack, at most. */
const MOST_PAIRS = 5

/** One attack, and again on other processes, where the time of its download is near the limit. */
export async function assaultUntilTold(listed: ListedAttack, strength: Strength): Promise<Measured> {
  const { slowdown } = { ...LIMITS, ...listed.attack.atMost }
  const all = [await assault(listed, strength)]
  while (strength.peers <= A_FEW && all.length < MOST_PAIRS && isNear(all, slowdown))
    all.push(await assault(listed, strength))
  return together(all)
}

function isNear(all: readonly Measured[], slowdown: number): boolean {
  const { alone, beside } = together(all)
  const beyond = (beside / alone - slowdown) * Math.sqrt(all.length)
  return beyond > -BELOW && beyond < ABOVE
}

/** The mean of what is held against each other, and the worst of all else. */
export function together(all: readonly Measured[]): Measured {
  const grown = ({ before, worst }: Measured): number => worst - before
  const most = (of: (measured: Measured) => number): number => Math.max(...all.map(of))
  const mean = (of: (measured: Measured) => number): number =>
    all.reduce((sum, measured) => sum + of(measured), 0) / all.length
  const dead = all.find(({ death }) => death !== undefined)
  return {
    ...all.find((measured) => grown(measured) === most(grown))!,
    struck: all.every(({ struck }) => struck),
    medianPing: most(({ medianPing }) => medianPing),
    worstPing: most(({ worstPing }) => worstPing),
    loopDelay: most(({ loopDelay }) => loopDelay),
    alone: mean(({ alone }) => alone),
    beside: mean(({ beside }) => beside),
    newcomer: all.every(({ newcomer }) => newcomer),
    ...(dead?.death !== undefined && { death: dead.death }),
    lost: all.flatMap(({ lost }) => lost),
    written: all.map(({ written }) => written).join(''),
  }
}
