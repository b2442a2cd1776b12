import { Session } from 'node:inspector/promises'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { AddressManager } from '../src/addresses/address-manager.ts'
import { FULL_NODE, nthAddress } from './support/addresses.ts'

// Steps are counted from when code is loaded, and of what has been optimized since then not all are counted.
vi.hoisted(() => void vi.resetModules())

const SMALL = 1_000
/** The tables have 81,920 places, of which hashing leaves some empty. */
const LARGE = 80_000
const TURNS = 500

const clock = createVirtualClock()
const tell = (manager: AddressManager, index: number, source: number): number =>
  manager.add(
    [{ address: nthAddress(index), services: FULL_NODE, time: clock.wallTime() }],
    nthAddress(source),
  )

/** Told of `count` addresses by sources of many netgroups; each fifth worked. */
function filled(count: number): AddressManager {
  const manager = new AddressManager({}, { clock, random: createSeededRandom(1) })
  for (let index = 0; manager.size < count && index < 4 * count; index++) {
    tell(manager, index, (index * 7919) % 20_000)
    if (index % 5 === 0) manager.good(nthAddress(index))
  }
  return manager
}

/** What a node asks of it while it runs; `turn` counts up. */
const operations: Readonly<Record<string, (manager: AddressManager, turn: number) => unknown>> = {
  'add, what is new': (manager, turn) => tell(manager, 400_000 + turn, turn),
  'add, what is known': (manager, turn) => tell(manager, turn, 7 * turn),
  get: (manager, turn) => manager.get(nthAddress(turn)),
  attempt: (manager, turn) => manager.attempt(nthAddress(turn), { countFailure: true }),
  good: (manager, turn) => manager.good(nthAddress(turn)),
  seen: (manager, turn) => manager.seen(nthAddress(turn)),
  select: (manager) => manager.select(),
  'select, what is new': (manager) => manager.select({ table: 'new' }),
  'select, of one network': (manager) => manager.select({ networks: ['ipv4'] }),
  'select the occupant to test': (manager) => manager.selectCollision(),
  'resolve collisions': (manager) => manager.resolveCollisions(),
  counts: (manager) => manager.counts(),
  'a sample of ten': (manager) => manager.sample(10),
}

describe('the address manager takes as many steps with 80,000 addresses as with 1,000', () => {
  const session = new Session()
  let small: AddressManager
  let large: AddressManager

  beforeAll(async () => {
    small = filled(SMALL)
    large = filled(LARGE)
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  })

  afterAll(async () => {
    await session.post('Profiler.stopPreciseCoverage')
    session.disconnect()
  })

  /**
   * How often, on average of many turns, a function, a branch or the body of a
   * loop of `src/addresses` was run.
   */
  async function steps(run: (turn: number) => unknown): Promise<number> {
    await session.post('Profiler.takePreciseCoverage')
    for (let turn = 0; turn < TURNS; turn++) run(turn)
    const { result } = await session.post('Profiler.takePreciseCoverage')
    let total = 0
    for (const { url, functions } of result) {
      if (!url.includes('/src/addresses/')) continue
      for (const { ranges } of functions) for (const { count } of ranges) total += count
    }
    return total / TURNS
  }

  it('which both hold', () => {
    expect(small.size).toBe(SMALL)
    expect(large.size).toBeGreaterThan(60_000)
  })

  it.each(Object.keys(operations))('%s', async (name) => {
    const operation = operations[name]!
    const few = await steps((turn) => operation(small, turn))
    const many = await steps((turn) => operation(large, turn))
    expect(few).toBeGreaterThan(0)
    // Not the same to the step: in a full table more places are taken.
    // But 80 times as many addresses are no factor.
    expect(many).toBeLessThan(2 * few + 20)
  })
})
