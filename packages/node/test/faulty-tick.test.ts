import type { AddressNetwork } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

/** Looked at in each tick; throws once. */
class FaultyNetworks extends Set<AddressNetwork> {
  looks = 0

  override [Symbol.iterator](): ReturnType<Set<AddressNetwork>['values']> {
    this.looks += 1
    if (this.looks === 3) throw new Error('a fault of our own')
    return super[Symbol.iterator]()
  }
}

it('a fault in one tick of the loop is not the last tick', async () => {
  const clock = createVirtualClock()
  const network = createMemoryNetwork()
  const address = '1.2.3.4:18444'
  const reachable = new FaultyNetworks()
  const dialer = { ...network.dialerOf(address), reachable }
  const node = await startNode({ network, clock, address, components: { dialer } })
  await clock.advance(10_000)
  expect(reachable.looks).toBeGreaterThan(5)
  await stopNodes(clock, node)
  expect(clock.pendingTimers).toBe(0)
})
