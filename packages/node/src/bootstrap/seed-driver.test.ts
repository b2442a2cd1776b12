import type { AddressNetwork } from '@sapwood/wire-codec'
import { createChannel } from '@sapwood/peer'
import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { ConnectionKeeper } from '../connections/connection-keeper.ts'
import { ConnectionTable } from '../connections/connection-table.ts'
import { createEventHub } from '../events/event-hub.ts'
import type { NodeNotification } from '../loop/node-notification.ts'
import { SeedDriver } from './seed-driver.ts'

describe('the seed driver', () => {
  it('goes on where the fixed seeds do not load: a rejection nobody handles would end the program', async () => {
    const clock = createVirtualClock()
    const driver = new SeedDriver(
      { network: { name: 'main', defaultPort: 8333 }, resolvesNames: true },
      {
        clock,
        random: createSeededRandom('seeds'),
        logger: silentLogger,
        resolver: { resolve: () => Promise.resolve([]) },
        addresses: { counts: () => ({ byNetwork: {} }) } as unknown as AddressManager,
        reachable: new Set<AddressNetwork>(),
        events: createEventHub({ clock, logger: silentLogger }),
        bootstrap: { tick: () => [{ type: 'fixed-seeds' }] },
        loadFixed: () => Promise.reject(new Error('not in this bundle')),
      },
    )
    const notifications = createChannel<NodeNotification>(1)
    driver.attach({ table: new ConnectionTable() } as unknown as ConnectionKeeper, notifications)
    driver.tick()
    expect(await notifications.receive()).toMatchObject({ from: 'fixed-seeds', addresses: [] })
  })
})
