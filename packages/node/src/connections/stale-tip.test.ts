import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { type Phase, phases } from '../chain/phases.ts'
import { StaleTip } from './stale-tip.ts'

const MINUTE = 60_000

describe('a stale tip', () => {
  it('is one that has not moved for half an hour, and asks for one more peer', async () => {
    const clock = createVirtualClock()
    const phase: { now: Phase } = { now: phases.running }
    const staleTip = new StaleTip({ clock, phase })
    await clock.advance(29 * MINUTE)
    staleTip.tick(clock.now())
    expect(staleTip.wantsPeer).toBe(false)
    await clock.advance(11 * MINUTE)
    staleTip.tick(clock.now())
    expect(staleTip.wantsPeer).toBe(true)
    staleTip.peerDialled()
    staleTip.tick(clock.now())
    expect(staleTip.wantsPeer).toBe(false)
    await clock.advance(10 * MINUTE)
    staleTip.tick(clock.now())
    expect(staleTip.wantsPeer).toBe(true)
    staleTip.tipChanged()
    expect(staleTip.wantsPeer).toBe(false)
    phase.now = phases['choosing-chain']
    await clock.advance(40 * MINUTE)
    staleTip.tick(clock.now())
    expect(staleTip.wantsPeer).toBe(false)
  })
})
