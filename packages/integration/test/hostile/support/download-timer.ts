import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child-process.ts'
import type { Stage } from './stage.ts'

/** Longest that one honest download may take beside an attack, in milliseconds. */
const LONGEST_DOWNLOAD = 20_000
/** Downloads until most is compiled: the first takes three times as long as the twelfth. */
const WARM_UP = 6
/** Downloads of each of two nodes that are compared: with nothing beside, they spread by a fifth. */
const DOWNLOADS = 20
/** Milliseconds for whoever stood still to be at work again. */
const SETTLE = 100

/** How long the honest download takes, in milliseconds; infinite where one did not come to an end. */
export interface DownloadTimes {
  readonly alone: number
  readonly beside: number
}

/** What was seen of downloads in turn. */
export interface TimesInTurn {
  readonly times: DownloadTimes
  /** Of the honest peer that pings the attacked node, the pings beside its downloads, in milliseconds. */
  readonly pings: readonly number[]
}

/** Has a node that was just started compile what it will need. */
export async function warmUp(stage: Stage): Promise<void> {
  for (let done = 0; done < WARM_UP; done++) await stage.download()
}

/**
 * How long the honest download of a node takes beside hostile peers, and that of its twin, which they do not
 * know: in turn, the others standing still, since a machine that others share is half as fast in one minute
 * as in the next.
 */
export async function timeInTurn(twin: Stage, stage: Stage, attackers: Child): Promise<TimesInTurn> {
  const alone: number[] = []
  const beside: number[] = []
  const pings: number[] = []
  for (let turn = 0; turn < DOWNLOADS && beside.at(-1) !== Number.POSITIVE_INFINITY; turn++) {
    stage.pinger.pause()
    for (const child of [attackers, stage.node]) child.freeze()
    twin.node.thaw()
    await sleep(SETTLE)
    alone.push(await timeDownload(twin))
    twin.node.freeze()
    for (const child of [stage.node, attackers]) child.thaw()
    stage.pinger.resume()
    await sleep(SETTLE)
    beside.push(await timeDownload(stage))
    pings.push(...stage.pinger.take())
  }
  return { times: { alone: middle(alone), beside: middle(beside) }, pings }
}

/** @returns Milliseconds; infinite where it does not come to an end. */
export function timeDownload(stage: Stage): Promise<number> {
  const end = sleep(LONGEST_DOWNLOAD, Number.POSITIVE_INFINITY, { ref: false })
  return Promise.race([stage.download(), end])
}

/** The mean of the middle half: it spreads less than a median, and what is far out moves it as little. */
function middle(figures: readonly number[]): number {
  if (figures.includes(Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY
  const beyond = figures.length >> 2
  const half = [...figures].sort((a, b) => a - b).slice(beyond, figures.length - beyond)
  return half.reduce((sum, figure) => sum + figure, 0) / half.length
}
