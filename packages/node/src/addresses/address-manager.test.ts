import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address, nthAddress, report } from '../../test/support/addresses.ts'
import { AddressManager } from './address-manager.ts'

const SOURCE = address('252.2.2.2:8333')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function setUp(seed = 1) {
  const clock = createVirtualClock()
  const random = createSeededRandom(seed)
  const manager = new AddressManager({ secret: new Uint8Array(32).fill(7) }, { clock, random })
  const now = (): number => clock.now()
  return { clock, random, manager, now }
}

/** Two addresses that share a place in the tried table, found by trying. */
function colliding(manager: AddressManager, now: number): [string, string] {
  for (let i = 1; i < 200; i++) {
    const text = `250.1.1.${i}:8333`
    manager.add([report(text, now)], SOURCE)
    if (manager.good(address(text)) !== 'collision') continue
    for (let j = 1; j < i; j++) {
      const other = `250.1.1.${j}:8333`
      if (manager.selectCollision()?.address.bytes[3] === j) return [other, text]
    }
  }
  throw new Error('no collision')
}

describe('the address manager', () => {
  it('takes routable addresses, once each', () => {
    const { manager, now } = setUp()
    expect(manager.add([report('250.1.1.1:8333', now())], SOURCE)).toBe(1)
    expect(manager.add([report('250.1.1.1:8333', now())], SOURCE)).toBe(0)
    expect(manager.add([report('127.0.0.1:8333', now()), report('10.0.0.1:8333', now())], SOURCE)).toBe(0)
    expect(manager.size).toBe(1)
    expect(manager.counts()).toMatchObject({ total: 1, new: 1, tried: 0, byNetwork: { ipv4: { new: 1 } } })
  })

  it('tells ports apart', () => {
    const { manager, now } = setUp()
    manager.add([report('250.1.1.1:8333', now()), report('250.1.1.1:8334', now())], SOURCE)
    expect(manager.size).toBe(2)
  })

  it('does not keep the bytes it was given', () => {
    const { manager, now } = setUp()
    const given = report('250.1.1.1:8333', now())
    manager.add([given], SOURCE)
    given.address.bytes.fill(0)
    expect(manager.get(address('250.1.1.1:8333'))).toBeDefined()
  })

  it('adds the penalty to what others tell, not to what an address tells of itself', () => {
    const { manager, now } = setUp()
    manager.add([report('250.1.1.1:8333', now())], SOURCE, 2 * HOUR)
    manager.add([report('250.2.1.1:8333', now())], address('250.2.1.1:8333'), 2 * HOUR)
    expect(manager.get(address('250.1.1.1:8333'))?.time).toBe(now() - 2 * HOUR)
    expect(manager.get(address('250.2.1.1:8333'))?.time).toBe(now())
  })

  it('moves what worked to the tried table, and selects it', () => {
    const { manager, now } = setUp()
    manager.add([report('250.1.1.1:8333', now())], SOURCE)
    expect(manager.good(address('250.1.1.1:8333'), { services: 9n, protocol: 'v2' })).toBe('moved-to-tried')
    expect(manager.good(address('250.1.1.1:8333'))).toBe('was-tried')
    expect(manager.good(address('250.9.9.9:8333'))).toBe('unknown')
    expect(manager.select()).toMatchObject({ table: 'tried', services: 9n, protocol: 'v2' })
    expect(manager.select({ table: 'new' })).toBeUndefined()
  })

  it('selects by network', () => {
    const { manager, now } = setUp()
    const onion = 'kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion:8333'
    manager.add([report('250.1.1.1:8333', now()), report(onion, now())], SOURCE)
    for (let i = 0; i < 20; i++)
      expect(manager.select({ networks: ['torv3'] })?.address.network).toBe('torv3')
    expect(manager.select({ networks: ['i2p'] })).toBeUndefined()
    expect(manager.select({ networks: [] })).toBeUndefined()
  })

  it('selects both tables about equally often', () => {
    const { manager, now } = setUp()
    for (let i = 0; i < 100; i++)
      manager.add([{ ...report('1.1.1.1', now()), address: nthAddress(i) }], SOURCE)
    manager.good(nthAddress(0))
    let tried = 0
    for (let i = 0; i < 400; i++) if (manager.select()?.table === 'tried') tried += 1
    expect(tried).toBeGreaterThan(140)
    expect(tried).toBeLessThan(260)
  })

  it('seldom selects what was tried minutes ago', () => {
    const { manager, now } = setUp()
    manager.add([report('250.1.1.1:8333', now()), report('251.1.1.1:8333', now())], SOURCE)
    manager.attempt(address('250.1.1.1:8333'), { countFailure: false })
    let recent = 0
    for (let i = 0; i < 300; i++) if (manager.select()?.lastTry !== undefined) recent += 1
    expect(recent).toBeLessThan(30)
  })

  it('counts failures only while something works', async () => {
    const { manager, clock, now } = setUp()
    manager.add([report('250.1.1.1:8333', now()), report('251.1.1.1:8333', now())], SOURCE)
    const attempt = (): void => manager.attempt(address('250.1.1.1:8333'), { countFailure: true })
    attempt()
    expect(manager.get(address('250.1.1.1:8333'))?.attempts).toBe(0)
    manager.good(address('251.1.1.1:8333'))
    attempt()
    attempt()
    expect(manager.get(address('250.1.1.1:8333'))?.attempts).toBe(1)
    await clock.advance(1)
    manager.good(address('251.1.1.1:8333'))
    attempt()
    expect(manager.get(address('250.1.1.1:8333'))?.attempts).toBe(2)
  })

  it('gives the place of a terrible address away, and keeps a good one in it', async () => {
    const { manager, clock, now } = setUp()
    // One source group has 64 new buckets of 64 places: filled over and over, the tables stay within them.
    for (let i = 0; i < 20_000; i++)
      manager.add([{ ...report('1.1.1.1', now()), address: nthAddress(i) }], SOURCE)
    const full = manager.size
    expect(full).toBeLessThanOrEqual(64 * 64)
    await clock.advance(31 * DAY)
    manager.add([report('250.1.1.1:8333', now())], SOURCE)
    expect(manager.get(address('250.1.1.1:8333'))).toBeDefined()
    expect(manager.size).toBeLessThanOrEqual(full + 1)
  })

  it('tests the occupant of a tried place before it gives it away', async () => {
    const { manager, clock, now } = setUp()
    const [occupant, waiting] = colliding(manager, now())
    // The occupant worked within four hours: it stays.
    manager.resolveCollisions()
    expect(manager.get(address(waiting))?.table).toBe('new')
    expect(manager.selectCollision()).toBeUndefined()

    await clock.advance(5 * HOUR)
    expect(manager.good(address(waiting))).toBe('collision')
    expect(manager.selectCollision()?.address.bytes[3]).toBe(address(occupant).bytes[3])
    // The test of the occupant fails: the newer one takes the place,
    // and the older goes back to the new table.
    manager.attempt(address(occupant), { countFailure: true })
    manager.resolveCollisions()
    expect(manager.get(address(waiting))?.table).toBe('new')
    await clock.advance(2 * MINUTE)
    manager.resolveCollisions()
    expect(manager.get(address(waiting))?.table).toBe('tried')
    expect(manager.get(address(occupant))?.table).toBe('new')
  })

  it('keeps an occupant that answers its test', async () => {
    const { manager, clock, now } = setUp()
    const [occupant, waiting] = colliding(manager, now())
    await clock.advance(5 * HOUR)
    manager.good(address(waiting))
    manager.good(address(occupant))
    manager.resolveCollisions()
    expect(manager.get(address(occupant))?.table).toBe('tried')
    expect(manager.get(address(waiting))?.table).toBe('new')
  })

  it('gives the place away where the occupant could not be tested in time', async () => {
    const { manager, clock, now } = setUp()
    const [occupant, waiting] = colliding(manager, now())
    await clock.advance(5 * HOUR)
    manager.good(address(waiting))
    await clock.advance(41 * MINUTE)
    manager.resolveCollisions()
    expect(manager.get(address(waiting))?.table).toBe('tried')
    expect(manager.get(address(occupant))?.table).toBe('new')
  })

  it('shows a share of its addresses, and none that are terrible', async () => {
    const { manager, clock, now } = setUp()
    const sources = Array.from({ length: 50 }, (_, i) => nthAddress(i))
    for (let i = 0; i < 1000; i++)
      manager.add([{ ...report('1.1.1.1', now()), address: nthAddress(i) }], sources[i % 50]!)
    const sample = manager.sample(1000, { maxPercent: 23 })
    expect(sample.length).toBe(Math.floor(manager.size * 0.23))
    expect(new Set(sample.map(({ address: { bytes } }) => bytes.join('.'))).size).toBe(sample.length)
    expect(manager.sample(10)).toHaveLength(10)
    await clock.advance(31 * DAY)
    expect(manager.sample(1000)).toEqual([])
  })

  it('refreshes the time coarsely when a connection ends', async () => {
    const { manager, clock, now } = setUp()
    manager.add([report('250.1.1.1:8333', now())], SOURCE)
    const first = now()
    await clock.advance(10 * MINUTE)
    manager.seen(address('250.1.1.1:8333'))
    expect(manager.get(address('250.1.1.1:8333'))?.time).toBe(first)
    await clock.advance(11 * MINUTE)
    manager.seen(address('250.1.1.1:8333'))
    expect(manager.get(address('250.1.1.1:8333'))?.time).toBe(now())
  })

  it('refers to one address from at most 8 places', async () => {
    const { manager, clock, now } = setUp()
    for (let i = 0; i < 4000; i++) {
      await clock.advance(0)
      manager.add([report('250.1.1.1:8333', now() + i)], nthAddress(i))
    }
    expect([...manager.entries()][0]?.newBuckets.size).toBeLessThanOrEqual(8)
    expect([...manager.entries()][0]?.newBuckets.size).toBeGreaterThan(1)
    expect(manager.size).toBe(1)
  })

  it('keeps its counts right through everything', async () => {
    const { manager, clock, now } = setUp(5)
    for (let i = 0; i < 5000; i++) {
      const at = nthAddress((i * 7919) % 3000)
      if (i % 3 === 0) manager.add([{ ...report('1.1.1.1', now()), address: at }], nthAddress(i % 97))
      else if (i % 3 === 1) manager.good(at)
      else manager.attempt(at, { countFailure: true })
      if (i % 500 === 0) await clock.advance(6 * HOUR)
      manager.resolveCollisions()
    }
    const entries = [...manager.entries()]
    const counts = manager.counts()
    expect(counts.total).toBe(manager.size)
    expect(counts.tried).toBe(entries.filter(({ tried }) => tried).length)
    for (const entry of entries) {
      expect(entry.tried ? entry.newBuckets.size === 0 : entry.newBuckets.size > 0).toBe(true)
      expect(manager.entryOf(entry.key)).toBe(entry)
    }
  })
})
