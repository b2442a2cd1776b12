import { type AddressNetwork, Services } from '@sapwood/wire-codec'
import { type Resolver, silentLogger } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AddressManager } from '../addresses/address-manager.ts'
import { ConnectionTable } from '../connections/connection-table.ts'
import { EventHub } from '../events/event-hub.ts'
import type { NodeEvents } from '../handle/node-events.ts'
import { SeedDriver, type SeedDriverComponents, type SeedDriverOptions } from './seed-driver.ts'

let clock: VirtualClock
let added: unknown[]
let answered: string[]

beforeEach(() => {
  clock = createVirtualClock()
  added = []
  answered = []
})

function seedDriver(
  options: Partial<SeedDriverOptions>,
  components: Partial<SeedDriverComponents>,
): SeedDriver {
  return new SeedDriver(
    {
      network: { name: 'main', defaultPort: 8333 },
      resolvesNames: true,
      dnsSeeds: [],
      seedNodes: [],
      fixedSeeds: false,
      hasAddedPeers: false,
      startedAt: clock.now(),
      ...options,
    },
    {
      clock,
      random: createSeededRandom('seeds'),
      logger: silentLogger,
      resolver: { resolve: () => Promise.resolve([]) },
      addresses: {
        counts: () => ({ byNetwork: {} }),
        add: (reports: unknown) => added.push(reports) * 0,
      } as unknown as AddressManager,
      reachable: new Set<AddressNetwork>(),
      events: new EventHub<NodeEvents>({ clock, logger: silentLogger }),
      table: new ConnectionTable(),
      connections: { open: (): never => expect.unreachable() },
      networkSwitch: { isOn: true },
      calls: { post: (_call, run) => run() },
      onAdded: () => answered.push('seeded'),
      ...components,
    },
  )
}

describe('the seed driver', () => {
  it('goes on where the fixed seeds do not load: a rejection nobody handles would end the program', async () => {
    const loadFixed = () => Promise.reject(new Error('not in this bundle'))
    seedDriver({ fixedSeeds: true }, { loadFixed }).tick(clock.now())
    await expect.poll(() => answered).toEqual(['seeded'])
    expect(added).toEqual([[]])
  })

  it('asks besides for nodes with the services of which some are wanted, and takes them for such', async () => {
    const bridge = { network: 'ipv4', bytes: Uint8Array.of(5, 6, 7, 8), port: 0 } as const
    const asked: string[] = []
    const resolver: Resolver = {
      resolve: (name) => {
        asked.push(name)
        return Promise.resolve(name.startsWith('x1009.') ? [bridge] : [])
      },
    }
    const opened: unknown[] = []
    const connections = { open: (dial: unknown) => void opened.push(dial) } as never
    const servicesWanted = [Services.UTREEXO_ARCHIVE, Services.UTREEXO]
    const driver = seedDriver({ dnsSeeds: ['seed.example'], servicesWanted }, { resolver, connections })
    driver.tick(clock.now())
    await expect.poll(() => answered).toHaveLength(3)
    expect(asked).toEqual(['x9.seed.example', 'x2009.seed.example', 'x1009.seed.example'])
    const services = Services.NETWORK | Services.WITNESS | Services.UTREEXO
    expect(added.flat()).toMatchObject([{ services, address: { ...bridge, port: 8333 } }])
    // What it does not know by one of those names is no reason to connect to it: the first says.
    await clock.advance(1_000)
    driver.tick(clock.now())
    expect(opened).toHaveLength(1)
    driver.stop()
  })

  it('ends the look-ups that are under way when it stops', async () => {
    const signals: AbortSignal[] = []
    const resolver: Resolver = {
      resolve: (_name, { signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
    }
    const driver = seedDriver({ dnsSeeds: ['seed.example', 'other.example'] }, { resolver })
    driver.tick(clock.now())
    await clock.advance(1_000)
    driver.tick(clock.now())
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
    driver.stop()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    await expect.poll(() => answered).toHaveLength(2)
  })
})
