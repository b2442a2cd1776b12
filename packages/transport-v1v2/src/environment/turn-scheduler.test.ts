import { expect, it } from 'vitest'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { systemClock } from './default-clock.ts'
import { schedulerFor, systemScheduler } from './default-turn-scheduler.ts'
import { createTurnScheduler, type TurnScheduler, unhurriedScheduler } from './turn-scheduler.ts'

/** A clock that work moves on, and an event loop whose turns are taken by hand. */
function handLoop(): {
  readonly scheduler: TurnScheduler
  readonly work: (milliseconds: number) => void
  readonly nextTurn: () => Promise<number>
} {
  let now = 0
  const due: (() => void)[] = []
  const scheduler = createTurnScheduler({ now: () => now, later: (callback) => due.push(callback) })
  return {
    scheduler,
    work: (milliseconds) => {
      now += milliseconds
    },
    nextTurn: async () => {
      await settleMicrotasks()
      const began = now
      for (const callback of due.splice(0)) callback()
      await settleMicrotasks()
      return now - began
    },
  }
}

it('goes on while there is time, and stops a lane that has had its share', () => {
  const { scheduler, work } = handLoop()
  const lane = scheduler.lane()
  expect(lane.due()).toBeUndefined()
  work(1.9)
  expect(lane.due()).toBeUndefined()
  work(0.2)
  expect(lane.due()).toBeInstanceOf(Promise)
  expect(scheduler.waiting).toBe(1)
})

it('has no turn that is longer than 10 ms and the piece of work under way, however many lanes work', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const done: number[] = Array.from({ length: 20 }, () => 0)
  const run = async (index: number): Promise<void> => {
    const lane = scheduler.lane()
    for (let piece = 0; piece < 100; piece++) {
      await lane.due()
      work(0.5)
      done[index] = piece + 1
    }
  }
  const all = done.map((_, index) => run(index))
  const turns: number[] = []
  while (done.some((pieces) => pieces < 100)) turns.push(await nextTurn())
  await Promise.all(all)
  expect(Math.max(...turns)).toBeLessThanOrEqual(10.5)
})

it('lets the lane go on first that has used least', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const order: string[] = []
  const flood = async (name: string): Promise<void> => {
    const lane = scheduler.lane()
    for (let piece = 0; piece < 50; piece++) {
      await lane.due()
      order.push(name)
      work(1)
    }
  }
  for (let n = 0; n < 10; n++) void flood(`flood ${n}`)
  for (let n = 0; n < 30; n++) await nextTurn()
  const honest = scheduler.lane()
  work(20)
  const before = order.length
  const turn = nextTurn()
  const wait = honest.due() ?? Promise.resolve()
  void wait.then(() => order.push('honest'))
  await turn
  for (let n = 0; n < 3; n++) await nextTurn()
  expect(order.slice(before).indexOf('honest')).toBeLessThanOrEqual(4)
})

it('goes round: nobody waits for ever behind others that never end', async () => {
  const { scheduler, work, nextTurn } = handLoop()
  const turns: number[] = Array.from({ length: 10 }, () => 0)
  const run = async (index: number): Promise<void> => {
    const lane = scheduler.lane()
    for (;;) {
      await lane.due()
      work(1)
      turns[index]! += 1
    }
  }
  turns.forEach((_, index) => void run(index))
  for (let n = 0; n < 200; n++) await nextTurn()
  expect(Math.min(...turns)).toBeGreaterThan(0.8 * Math.max(...turns))
})

it('never has anybody wait where the clock is not that of the system', async () => {
  const clock = { ...systemClock }
  expect(schedulerFor(clock)).toBe(unhurriedScheduler)
  expect(schedulerFor(systemClock)).toBe(systemScheduler)
  expect(unhurriedScheduler.lane().due()).toBeUndefined()
  await expect(
    new Promise<string>((resolve) => {
      const lane = systemScheduler.lane()
      const until = performance.now() + 60
      const work = async (): Promise<void> => {
        while (performance.now() < until) await lane.due()
        resolve('work')
      }
      setTimeout(() => resolve('timer'), 20)
      void work()
    }),
  ).resolves.toBe('timer')
})
