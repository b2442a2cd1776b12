import { describe, expect, it } from 'vitest'
import { createSeededRandom, createVirtualClock } from '../../testing/index.ts'
import { createKeyPool } from './key-pool.ts'

describe('createKeyPool', () => {
  it('fills itself, gives each key once, and makes one when it is empty', async () => {
    const clock = createVirtualClock()
    const pool = createKeyPool({ size: 3 }, { clock, random: createSeededRandom(1) })
    expect(pool.ready).toBe(0)
    const keys = [pool.next()]
    await clock.advance(1_000)
    expect(pool.ready).toBe(3)
    expect(clock.pendingTimers).toBe(0)
    for (let index = 0; index < 4; index++) keys.push(pool.next())
    expect(new Set(keys.map(({ encoding }) => encoding.join())).size).toBe(5)
    await clock.advance(1_000)
    expect(pool.ready).toBe(3)
    pool.close()
    expect(pool.ready).toBe(0)
    expect(pool.next().encoding).toHaveLength(64)
    await clock.advance(1_000)
    expect(pool.ready).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })
})
