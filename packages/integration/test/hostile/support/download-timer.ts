import { setTimeout as sleep } from 'node:timers/promises'
import { A_FEW } from './attack.ts'
import type { Stage } from './stage.ts'

/** Longest that one honest download may take beside an attack, in milliseconds. */
const LONGEST_DOWNLOAD = 20_000
/** Downloads until all is compiled as far as it ever will be: the first takes three times as long. */
const WARM_UP = 12
/** Downloads that count where their time is judged: with nothing beside, they spread by a fifth. */
const DOWNLOADS = 20

/** Has a node that was just started compile what it will need. */
export async function warmUp(stage: Stage, peers: number): Promise<void> {
  for (let done = 0; done < (peers > A_FEW ? 1 : WARM_UP); done++) await stage.download()
}

/**
 * How long the honest download takes; beside many hostile peers one is timed, and only its end is judged.
 * @returns Milliseconds; infinite where one did not come to an end.
 */
export async function timeDownloads(stage: Stage, peers: number): Promise<number> {
  const taken: number[] = []
  while (taken.length < (peers > A_FEW ? 1 : DOWNLOADS)) {
    const milliseconds = await timed(stage)
    if (milliseconds === Number.POSITIVE_INFINITY) return milliseconds
    taken.push(milliseconds)
  }
  return middle(taken)
}

function timed(stage: Stage): Promise<number> {
  const end = sleep(LONGEST_DOWNLOAD, Number.POSITIVE_INFINITY, { ref: false })
  return Promise.race([stage.download(), end])
}

/** The mean of the middle half: it spreads less than a median, and what is far out moves it as little. */
function middle(figures: readonly number[]): number {
  const beyond = figures.length >> 2
  const half = [...figures].sort((a, b) => a - b).slice(beyond, figures.length - beyond)
  return half.reduce((sum, figure) => sum + figure, 0) / half.length
}
