import { setTimeout as sleep } from 'node:timers/promises'
import { A_FEW } from './attack.ts'
import type { Child } from './child-process.ts'
import type { Stage } from './stage.ts'

/** Longest that one honest download, or a look at the pace, may take beside an attack, in milliseconds. */
const LONGEST = 20_000
const NEVER: number = Number.POSITIVE_INFINITY
/** Downloads until all is compiled as far as it ever will be: the first takes three times as long. */
const WARM_UP = 12
/**
 * Downloads that count where their time is judged. With nothing beside, one differs from the next by a fifth,
 * and the middle of twenty from that of the next twenty by 6 %, the machine's pace taken off.
 */
const DOWNLOADS = 20
/** Milliseconds in which the node gets done with what it has of frozen attackers. */
const FROZEN = 20
/** Milliseconds for which the attack goes on again before a download beside it. */
const THAWED = 100

/** How long the honest download takes. */
export interface DownloadTime {
  /** Infinite where one did not come to an end. */
  readonly milliseconds: number
  /** What the same work took meanwhile (`pace.ts`), in milliseconds; 1 where it was not looked at. */
  readonly pace: number
}

/** Has a node that was just started compile what it will need. */
export async function warmUp(stage: Stage, peers: number): Promise<void> {
  for (let done = 0; done < (peers > A_FEW ? 1 : WARM_UP); done++) {
    await stage.download()
    await stage.pace()
  }
}

/**
 * Times the honest download: one beside many hostile peers, where only its coming to an end is judged.
 * @param attackers stand still while the machine's pace is looked at, which is not to be theirs.
 */
export async function timeDownloads(stage: Stage, peers: number, attackers?: Child): Promise<DownloadTime> {
  if (peers > A_FEW) return { milliseconds: await inTime(stage.download()), pace: 1 }
  const taken: number[] = []
  const paces: number[] = []
  while (taken.length < DOWNLOADS) {
    const pace = await paceBetween(stage, attackers)
    const milliseconds = await inTime(stage.download())
    if (pace === NEVER || milliseconds === NEVER) return { milliseconds: NEVER, pace: 1 }
    paces.push(pace)
    taken.push(milliseconds)
  }
  return { milliseconds: middle(taken), pace: middle(paces) }
}

/** With the same pauses where nobody attacks: after one, all takes longer. */
async function paceBetween(stage: Stage, attackers: Child | undefined): Promise<number> {
  attackers?.freeze()
  try {
    await sleep(FROZEN)
    return await inTime(stage.pace())
  } finally {
    attackers?.thaw()
    await sleep(THAWED)
  }
}

function inTime(work: Promise<number>): Promise<number> {
  return Promise.race([work, sleep(LONGEST, NEVER, { ref: false })])
}

/** The mean of the middle half: it spreads less than a median, and what is far out moves it as little. */
function middle(figures: readonly number[]): number {
  const beyond = figures.length >> 2
  const half = [...figures].sort((a, b) => a - b).slice(beyond, figures.length - beyond)
  return half.reduce((sum, figure) => sum + figure, 0) / half.length
}
