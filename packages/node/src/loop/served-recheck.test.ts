import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { ServedRecheck } from './served-recheck.ts'

function setUp(): {
  clock: ReturnType<typeof createVirtualClock>
  recheck: ServedRecheck
  looks: () => number
} {
  const clock = createVirtualClock()
  let looks = 0
  const calls = { post: (_: string, run: () => void): void => run() }
  const recheck = new ServedRecheck({ clock, calls }, () => looks++)
  return { clock, recheck, looks: () => looks }
}

describe('a look for what can be served by now', () => {
  it('is taken at once, and not for each of thousands of blocks that are taken in a row', async () => {
    const { clock, recheck, looks } = setUp()
    recheck.ask()
    expect(looks()).toBe(1)
    for (let taken = 0; taken < 3_000; taken++) recheck.ask()
    expect(looks()).toBe(1)
    await clock.advance(20)
    expect(looks()).toBe(2)
    await clock.advance(1_000)
    expect(looks()).toBe(2)
    recheck.ask()
    expect(looks()).toBe(3)
  })

  it('is not taken once the node stops', async () => {
    const { clock, recheck, looks } = setUp()
    recheck.ask()
    recheck.ask()
    recheck.stop()
    recheck.ask()
    await clock.advance(1_000)
    expect(looks()).toBe(1)
  })
})
