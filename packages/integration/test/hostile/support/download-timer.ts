import { setTimeout as sleep } from 'node:timers/promises'
import { A_FEW } from './attack.ts'
import type { Child } from './child-process.ts'
import type { Stage } from './stage.ts'

/** Longest that one honest download may take beside an attack, in milliseconds. */
const LONGEST_DOWNLOAD = 20_000
/** Downloads whose median counts where their time is judged: one alone differs by a third from the next. */
const DOWNLOADS = 15
/** Milliseconds in which the node gets done with what it has of frozen attackers. */
const FROZEN = 50
/** Milliseconds for which the attack goes on again before a download beside it. */
const THAWED = 500

/** Times the honest download, in milliseconds: alone, then beside the attack. */
export interface DownloadTimer {
  timeAlone(): Promise<void>
  timeBeside(attackers: Child): Promise<void>
  readonly alone: number
  /** Infinite where one did not come to an end. */
  readonly beside: number
}

/** The one after the other. */
export class PlainTimer implements DownloadTimer {
  readonly #stage: Stage
  readonly #downloads: number
  alone: number = Number.POSITIVE_INFINITY
  beside: number = Number.POSITIVE_INFINITY

  constructor(stage: Stage, peers: number) {
    this.#stage = stage
    this.#downloads = peers > A_FEW ? 1 : DOWNLOADS
  }

  async timeAlone(): Promise<void> {
    await this.#stage.download()
    this.alone = await median(this.#stage, this.#downloads)
  }

  async timeBeside(): Promise<void> {
    this.beside = await median(this.#stage, this.#downloads)
  }
}

/**
 * Both by turns, the attackers frozen for those alone: a machine that others share is slower by half for
 * seconds with nothing beside at all, and then is so for both.
 */
export class TurnsTimer implements DownloadTimer {
  readonly #stage: Stage
  alone: number = Number.POSITIVE_INFINITY
  beside: number = Number.POSITIVE_INFINITY

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async timeAlone(): Promise<void> {
    // Before all is compiled as far as it ever will be, it takes longer by a quarter.
    await median(this.#stage, DOWNLOADS)
  }

  async timeBeside(attackers: Child): Promise<void> {
    const alone: number[] = []
    const beside: number[] = []
    while (beside.length < DOWNLOADS) {
      attackers.freeze()
      await sleep(FROZEN)
      alone.push(await timed(this.#stage))
      attackers.thaw()
      await sleep(THAWED)
      beside.push(await timed(this.#stage))
    }
    this.alone = middle(alone)
    this.beside = beside.includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : middle(beside)
  }
}

async function median(stage: Stage, downloads: number): Promise<number> {
  const taken: number[] = []
  while (taken.length < downloads) {
    const time = await timed(stage)
    if (time === Number.POSITIVE_INFINITY) return time
    taken.push(time)
  }
  return middle(taken)
}

function timed(stage: Stage): Promise<number> {
  const end = sleep(LONGEST_DOWNLOAD, Number.POSITIVE_INFINITY, { ref: false })
  return Promise.race([stage.download(), end])
}

function middle(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!
}
