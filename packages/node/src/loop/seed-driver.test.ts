import type { AddressNetwork } from '@sapwood/wire-codec'
import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it, vi } from 'vitest'
import type { AddressManager } from '../addresses/address-manager.ts'
import { ConnectionTable } from '../connections/connection-table.ts'
import { EventHub } from '../events/event-hub.ts'
import type { NodeEvents } from '../handle/node-events.ts'
import { SeedDriver } from './seed-driver.ts'

describe('the seed driver', () => {
  it('goes on where the fixed seeds do not load: a rejection nobody handles would end the program', async () => {
    const clock = createVirtualClock()
    const added: unknown[] = []
    const answered: string[] = []
    const driver = new SeedDriver(
      {
        network: { name: 'main', defaultPort: 8333 },
        resolvesNames: true,
        dnsSeeds: [],
        seedNodes: [],
        fixedSeeds: true,
        hasAddedPeers: false,
        startedAt: clock.now(),
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
        onAdded: () => answered.push('fixed'),
        loadFixed: () => Promise.reject(new Error('not in this bundle')),
      },
    )
    driver.tick(clock.now())
    await vi.waitFor(() => expect(answered).toEqual(['fixed']))
    expect(added).toEqual([[]])
  })
})
