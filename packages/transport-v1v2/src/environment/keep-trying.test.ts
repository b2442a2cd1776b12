import { expect, it } from 'vitest'
import { createVirtualClock } from '../testing/index.ts'
import { keepTrying } from './keep-trying.ts'

it('begins anew at once after a return, after a pause after a failure, and ends where told', async () => {
  const clock = createVirtualClock()
  const ending = new AbortController()
  const begun: number[] = []
  const failures: string[] = []
  const running = keepTrying(
    () => {
      begun.push(clock.now())
      return begun.length === 1 ? Promise.resolve() : Promise.reject(new Error(`failure ${begun.length}`))
    },
    {
      clock,
      pause: 1_000,
      signal: ending.signal,
      onFailure: (error) => failures.push((error as Error).message) < 3,
    },
  )
  const start = clock.now()
  await clock.advance(10_000)
  await running
  expect(begun.map((at) => at - start)).toEqual([0, 0, 1_000, 2_000])
  expect(failures).toEqual(['failure 2', 'failure 3', 'failure 4'])
})

it('ends in its pause, and leaves no timer', async () => {
  const clock = createVirtualClock()
  const ending = new AbortController()
  const running = keepTrying(() => Promise.reject(new Error('no')), {
    clock,
    pause: 60_000,
    signal: ending.signal,
    onFailure: () => true,
  })
  await clock.advance(10)
  ending.abort(new Error('over'))
  await running
  expect(clock.pendingTimers).toBe(0)
})
