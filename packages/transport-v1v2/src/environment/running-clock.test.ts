import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../testing/index.ts'
import { systemClock } from './default-clock.ts'
import { schedulerFor, systemScheduler } from './default-turn-scheduler.ts'
import { runningClock } from './running-clock.ts'

describe('a running clock', () => {
  it('goes as its origin does while it is looked at', async () => {
    const origin = createVirtualClock()
    const clock = runningClock(origin)
    const start = clock.now()
    for (let seconds = 1; seconds <= 60; seconds++) {
      await origin.advance(1_000)
      expect(clock.now() - start).toBe(1_000 * seconds)
    }
  })

  it('leaves out the time in which the process was stopped, and tells the time of day as it is', async () => {
    const origin = createVirtualClock()
    const clock = runningClock(origin)
    const start = clock.now()
    await origin.advance(2_000)
    expect(clock.now() - start).toBe(2_000)
    origin.skip(600_000)
    // Of ten minutes one second is left.
    expect(clock.now() - start).toBe(3_000)
    await origin.advance(1_000)
    const now = clock.now()
    expect(now - start).toBe(4_000)
    expect(clock.wallTime()).toBe(origin.wallTime())
    expect(clock.wallTime(now)).toBe(origin.wallTime())
  })

  it('has the timers of its origin, and the turns of the event loop', async () => {
    const origin = createVirtualClock()
    const clock = runningClock(origin)
    let fired = 0
    clock.setTimer(10, () => fired++)
    const cancel = clock.setTimer(10, () => fired++)
    cancel()
    await origin.advance(10)
    expect(fired).toBe(1)
    expect(schedulerFor(runningClock(systemClock))).toBe(systemScheduler)
    expect(schedulerFor(clock)).toBe(schedulerFor(origin))
  })
})
