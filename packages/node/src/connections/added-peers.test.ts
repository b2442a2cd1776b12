import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { addressKey } from '../addresses/address-key.ts'
import { createAddedPeers } from './added-peers.ts'
import { backOffDelay } from './back-off.ts'

describe('the back-off', () => {
  it('doubles up to its longest, each between a half and a whole', () => {
    const random = createSeededRandom(1)
    for (let failures = 1; failures <= 30; failures++) {
      const full = Math.min(60_000, 1_000 * 2 ** (failures - 1))
      const delay = backOffDelay(failures, random)
      expect(delay).toBeGreaterThanOrEqual(full / 2)
      expect(delay).toBeLessThanOrEqual(full)
    }
  })

  it('takes any number of failures', () => {
    expect(backOffDelay(1e9, createSeededRandom(1), { longest: 10 })).toBeLessThanOrEqual(10)
  })
})

describe('added peers', () => {
  const setUp = () => {
    const clock = createVirtualClock()
    return { clock, added: createAddedPeers({}, { clock, random: createSeededRandom(1) }) }
  }
  const peer = address('203.0.113.7:8333')

  it('are due at once, and once each', () => {
    const { added } = setUp()
    expect(added.add(peer)).toBeDefined()
    expect(added.add(peer)).toBeUndefined()
    expect(added.due()).toMatchObject([{ text: '203.0.113.7:8333', failures: 0 }])
    expect(added.remove(peer)).toBeDefined()
    expect(added.remove(peer)).toBeUndefined()
    expect(added.due()).toEqual([])
  })

  it.each([8, -8])('wait as long as ever where the time of day is set by %d hours', async (hours) => {
    const { added, clock } = setUp()
    added.add(peer)
    const wait = added.ended(addressKey(peer), undefined)!
    clock.stepWallTime(hours * 3_600_000)
    await clock.advance(wait - 1)
    expect(added.due()).toEqual([])
    await clock.advance(1)
    expect(added.due()).toHaveLength(1)
  })

  it('wait longer after each failure, and little after a connection that lasted', async () => {
    const { added, clock } = setUp()
    added.add(peer)
    const key = addressKey(peer)
    const waits = [1, 2, 3, 4, 5, 6].map(() => added.ended(key, undefined)!)
    expect(waits.at(-1)).toBeGreaterThan(waits[0]! * 8)
    expect(added.due()).toEqual([])
    await clock.advance(waits.at(-1)!)
    expect(added.due()).toHaveLength(1)
    // Ready for a moment only: that is a failure too.
    expect(added.ended(key, 100)).toBeGreaterThan(waits.at(-1)!)
    expect(added.ended(key, 60_000)).toBeLessThanOrEqual(1_000)
    expect(added.ended(addressKey(address('1.1.1.1')), 60_000)).toBeUndefined()
  })
})
