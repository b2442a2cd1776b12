import { setTimeout as sleep } from 'node:timers/promises'
import { A_FEW, type TargetTraits } from './attack.ts'
import type { Child } from './child-process.ts'
import { Stage } from './stage.ts'

/** Longest that one honest download may take beside an attack, in milliseconds. */
const LONGEST_DOWNLOAD = 20_000
/** Downloads whose median counts where their time is judged: one alone differs by a third from the next. */
const DOWNLOADS = 15
/** Milliseconds for which an attack goes on again before the attacked node's turn. */
const THAWED = 500
/** Milliseconds in which the attacked node gets done with what it has of frozen attackers. */
const FROZEN = 50

/** Times the honest download of an attacked node, in milliseconds: alone, then beside the attack. */
export class DownloadTimer implements AsyncDisposable {
  readonly #stage: Stage
  readonly #downloads: number
  alone = Number.POSITIVE_INFINITY
  /** Infinite where one did not come to an end. */
  beside = Number.POSITIVE_INFINITY

  constructor(stage: Stage, peers: number) {
    this.#stage = stage
    this.#downloads = peers > A_FEW ? 1 : DOWNLOADS
  }

  async timeAlone(): Promise<void> {
    await this.#stage.download()
    this.alone = await this.#median()
  }

  async timeBeside(): Promise<void> {
    this.beside = await this.#median()
  }

  async #median(): Promise<number> {
    const taken: number[] = []
    while (taken.length < this.#downloads) {
      const time = await timed(this.#stage)
      if (time === Number.POSITIVE_INFINITY) return time
      taken.push(time)
    }
    return middle(taken)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/**
 * Does so by turns with a node that nobody attacks, while the attackers are frozen: a machine that others
 * share is slower by half for some seconds, with nothing beside at all, and then is so for both.
 */
export class ComparedTimer implements AsyncDisposable {
  readonly #attacked: Stage
  readonly #other: Stage
  /** What the attacked node's download takes in times of the other's, before the attack. */
  #before = 1
  /** In milliseconds: of the attacked node, on the machine as it was while it was attacked. */
  alone = Number.POSITIVE_INFINITY
  beside = Number.POSITIVE_INFINITY

  private constructor(attacked: Stage, other: Stage) {
    this.#attacked = attacked
    this.#other = other
  }

  static async set(attacked: Stage, traits: TargetTraits | undefined): Promise<ComparedTimer> {
    return new ComparedTimer(attacked, await Stage.set(traits))
  }

  async timeAlone(): Promise<void> {
    // Until both are compiled as far as they ever will be: one may be ahead by a quarter before.
    await this.#byTurns(() => {})
    await this.#attacked.look()
    await this.#other.look()
    this.#before = (await this.#byTurns(() => {})).times
  }

  async timeBeside(attackers: Child): Promise<void> {
    // The garbage of the attacked one was collected before the attack.
    await this.#other.look()
    const { times, attacked } = await this.#byTurns((isStruck) => {
      if (isStruck) attackers.thaw()
      else attackers.freeze()
    })
    this.beside = attacked
    this.alone = attacked / (times / this.#before)
  }

  async #byTurns(
    strike: (isStruck: boolean) => void,
  ): Promise<{ readonly times: number; readonly attacked: number }> {
    const times: number[] = []
    const attacked: number[] = []
    while (times.length < DOWNLOADS) {
      strike(false)
      await sleep(FROZEN)
      const other = await timed(this.#other)
      strike(true)
      await sleep(THAWED)
      const time = await timed(this.#attacked)
      attacked.push(time)
      times.push(time / other)
    }
    return { times: middle(times), attacked: middle(attacked) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#other[Symbol.asyncDispose]()
  }
}

function timed(stage: Stage): Promise<number> {
  const end = sleep(LONGEST_DOWNLOAD, Number.POSITIVE_INFINITY, { ref: false })
  return Promise.race([stage.download(), end])
}

function middle(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!
}
