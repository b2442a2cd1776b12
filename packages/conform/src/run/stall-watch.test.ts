import type { Clock, Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import type { CaseResult } from '../model/result.ts'
import { runSteadily } from './stall-watch.ts'

/** A clock whose hands are moved by the test, and whose timers come when it says so. */
class HandClock implements Clock {
  #now = 0
  readonly #timers = new Set<() => void>()

  now(): Instant {
    return this.#now as Instant
  }

  wallTime(): WallTime {
    return this.#now as WallTime
  }

  setTimer(_: number, callback: () => void): () => void {
    this.#timers.add(callback)
    return () => this.#timers.delete(callback)
  }

  /** Time goes by, in which nothing of ours was run. */
  jump(milliseconds: number): void {
    this.#now += milliseconds
    for (const callback of [...this.#timers]) {
      this.#timers.delete(callback)
      callback()
    }
  }

  get timers(): number {
    return this.#timers.size
  }
}

const result = (verdict: CaseResult['verdict']): CaseResult => ({
  name: 'a/case',
  level: 'core',
  transport: 'v2',
  verdict,
  outcome: '',
  accepts: [],
  source: { place: '', says: '' },
  milliseconds: 0,
})

/** Runs a case that stands still for as long each time. @returns its verdict, and how often it was run. */
async function ran(
  verdicts: readonly CaseResult['verdict'][],
  jumps: readonly number[],
): Promise<readonly [CaseResult['verdict'], number]> {
  const clock = new HandClock()
  let runs = 0
  const { verdict } = await runSteadily(clock, () => {
    clock.jump(jumps[runs]!)
    return Promise.resolve(result(verdicts[runs++]!))
  })
  expect(clock.timers).toBe(0)
  return [verdict, runs]
}

describe('a case that did not pass', () => {
  it('is run again where we stood still in it, and not where we did not', async () => {
    expect(await ran(['failed', 'passed'], [5_000, 0])).toEqual(['passed', 2])
    expect(await ran(['failed', 'failed'], [5_000, 0])).toEqual(['failed', 2])
    expect(await ran(['failed'], [700])).toEqual(['failed', 1])
    expect(await ran(['passed'], [5_000])).toEqual(['passed', 1])
  })

  it('is run three times at the most', async () => {
    expect(await ran(['failed', 'failed', 'failed', 'passed'], [5_000, 5_000, 5_000, 0])).toEqual([
      'failed',
      3,
    ])
  })
})
