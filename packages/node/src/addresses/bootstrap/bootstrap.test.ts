import { isRoutable, type NetworkName } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import { address } from '../../../test/support/addresses.ts'
import { type BootstrapOptions, createBootstrap } from './bootstrap.ts'
import { loadFixedSeeds } from './fixed-seeds.ts'
import { seedSource } from './seed-source.ts'

const START = 1_000_000
const at = (seconds: number): Instant => (START + seconds * 1_000) as Instant
const dnsSeeds = ['a.example', 'b.example', 'c.example', 'd.example']

function create(options: Partial<BootstrapOptions> = {}) {
  return createBootstrap({
    dnsSeeds: [],
    seedNodes: [],
    fixedSeeds: false,
    hasAddedPeers: false,
    startedAt: START as Instant,
    ...options,
  })
}

describe('the bootstrap', () => {
  it('asks DNS at once where nothing is known, three seeds at a time, until there are two connections', () => {
    const bootstrap = create({ dnsSeeds })
    expect(bootstrap.tick({ now: at(0), addresses: 0, connections: 0 })).toEqual(
      dnsSeeds.slice(0, 3).map((seed) => ({ type: 'ask-dns', seed })),
    )
    expect(bootstrap.tick({ now: at(5), addresses: 10, connections: 0 })).toEqual([])
    expect(bootstrap.tick({ now: at(11), addresses: 10, connections: 1 })).toEqual([
      { type: 'ask-dns', seed: 'd.example' },
    ])
    expect(bootstrap.tick({ now: at(100), addresses: 0, connections: 0 })).toEqual([])
  })

  it('gives the addresses of last time 11 seconds, and many of them five minutes', () => {
    const few = create({ dnsSeeds })
    expect(few.tick({ now: at(0), addresses: 10, connections: 0 })).toEqual([])
    expect(few.tick({ now: at(10), addresses: 10, connections: 0 })).toEqual([])
    expect(few.tick({ now: at(11), addresses: 10, connections: 1 })).toHaveLength(3)
    const many = create({ dnsSeeds })
    expect(many.tick({ now: at(0), addresses: 1_000, connections: 0 })).toEqual([])
    expect(many.tick({ now: at(299), addresses: 1_000, connections: 0 })).toEqual([])
    expect(many.tick({ now: at(300), addresses: 1_000, connections: 0 })).toHaveLength(3)
  })

  it('leaves DNS alone once there are connections', () => {
    const bootstrap = create({ dnsSeeds })
    bootstrap.tick({ now: at(0), addresses: 10, connections: 0 })
    expect(bootstrap.tick({ now: at(11), addresses: 10, connections: 2 })).toEqual([])
    expect(bootstrap.tick({ now: at(1_000), addresses: 0, connections: 0 })).toEqual([])
  })

  it('asks DNS again while there is nobody: after 2 minutes, and ever later up to an hour', () => {
    const bootstrap = create({ dnsSeeds: ['a.example', 'b.example'] })
    const asked: number[] = []
    for (let second = 0; second < 5 * 3_600; second++) {
      const actions = bootstrap.tick({ now: at(second), addresses: 0, connections: 0 })
      if (actions.length > 0) asked.push(second)
      for (const action of actions) expect(action.type).toBe('ask-dns')
    }
    const pauses = asked.slice(1).map((second, index) => second - asked[index]!)
    expect(asked[0]).toBe(0)
    expect(pauses[0]).toBeLessThanOrEqual(2 * 60 + 1)
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
    expect(pauses.at(-1)).toBe(3_600)
    // One connection is somebody; once it is gone, the pause is the first one again.
    for (let second = 5 * 3_600; second < 8 * 3_600; second++)
      expect(bootstrap.tick({ now: at(second), addresses: 9, connections: 1 })).toEqual([])
    const again: number[] = []
    for (let second = 8 * 3_600; second < 8 * 3_600 + 200; second++)
      if (bootstrap.tick({ now: at(second), addresses: 9, connections: 0 }).length > 0) again.push(second)
    expect(again).toEqual([8 * 3_600 + 120])
  })

  it('asks seed nodes first, one after the other, and DNS half a minute later', () => {
    const seedNodes = [address('203.0.113.1'), address('203.0.113.2')]
    const bootstrap = create({ dnsSeeds, seedNodes })
    const view = { addresses: 0, connections: 0 }
    expect(bootstrap.tick({ now: at(0), ...view })).toEqual([
      { type: 'address-fetch', address: seedNodes[0] },
    ])
    expect(bootstrap.tick({ now: at(9), ...view })).toEqual([])
    expect(bootstrap.tick({ now: at(10), ...view })).toEqual([
      { type: 'address-fetch', address: seedNodes[1] },
    ])
    expect(bootstrap.tick({ now: at(20), ...view })).toEqual([
      { type: 'address-fetch', address: seedNodes[0] },
    ])
    expect(bootstrap.tick({ now: at(30), ...view }).filter(({ type }) => type === 'ask-dns')).toHaveLength(3)
    expect(bootstrap.tick({ now: at(60), addresses: 5, connections: 1 })).toEqual([
      { type: 'ask-dns', seed: 'd.example' },
    ])
  })

  it('takes the fixed seeds at once without another source, else after a minute without addresses', () => {
    const alone = create({ fixedSeeds: true })
    expect(alone.tick({ now: at(0), addresses: 0, connections: 0 })).toEqual([{ type: 'fixed-seeds' }])
    expect(alone.tick({ now: at(1), addresses: 0, connections: 0 })).toEqual([])
    const late = create({ fixedSeeds: true, dnsSeeds: ['a.example'] })
    expect(late.tick({ now: at(0), addresses: 0, connections: 0 })).toEqual([
      { type: 'ask-dns', seed: 'a.example' },
    ])
    expect(late.tick({ now: at(59), addresses: 0, connections: 0 })).toEqual([])
    expect(late.tick({ now: at(60), addresses: 3, connections: 0 })).toEqual([])
    expect(late.tick({ now: at(61), addresses: 0, connections: 0 })).toEqual([{ type: 'fixed-seeds' }])
  })
})

describe('the fixed seeds', () => {
  it.each([
    ['main', 2059],
    ['testnet3', 181],
    ['testnet4', 230],
    ['signet', 170],
    ['regtest', 0],
  ] as const satisfies [NetworkName, number][])('of %s are %i routable addresses', async (network, count) => {
    const seeds = await loadFixedSeeds(network)
    expect(seeds).toHaveLength(count)
    expect(seeds.filter(isRoutable)).toHaveLength(count)
  })
})

describe('the source of a seed', () => {
  it('is an address that is routed nowhere, and differs by name', () => {
    expect(isRoutable(seedSource('a'))).toBe(false)
    expect(seedSource('a').bytes).not.toEqual(seedSource('b').bytes)
  })
})
