import { regtest } from '@sapwood/wire-codec'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { createNode, type NodeHandle, type NodeOptions } from '../src/index.ts'
import { mineHeaders } from './support/make-chain.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'

const A = '1.2.3.4:18444'
const B = '5.6.7.8:18444'

async function start(
  network: MemoryNetwork,
  clock: VirtualClock,
  address: string,
  options: Partial<NodeOptions> = {},
): Promise<NodeHandle> {
  return createNode(
    { network: regtest, minimumChainWork: 0n, ...options },
    {
      clock,
      random: createSeededRandom(address),
      dialer: network.dialerOf(address),
      listeners: [network.listenerOf(address)],
    },
  )
}

describe('two nodes', () => {
  it('connect over v2, and the one takes the headers of the other', async () => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const a = await start(network, clock, A)
    const b = await start(network, clock, B)
    const headers = mineHeaders(regtest.genesis, 50)
    await a.chain.submitHeaders(headers)

    const connecting = b.network.connectPeer(A)
    await clock.advance(2_000)
    const { version } = await connecting
    expect(version.userAgent).toBe('/sapwood:0.1.0/')
    await clock.advance(5_000)
    expect(b.chain.tip().hash).toEqual(a.chain.tip().hash)
    expect(b.peers()).toMatchObject([{ transport: 'v2', inbound: false, connectionKind: 'manual' }])
    // B has what A has told of; A was told of nothing. Neither keeps blocks.
    expect(b.peers()).toMatchObject([{ presyncedHeaders: -1, syncedHeaders: 50, syncedBlocks: -1 }])
    expect(b.network.peer(b.peers()[0]!.id).info()).toMatchObject({ syncedHeaders: 50 })
    expect(a.peers()).toMatchObject([{ presyncedHeaders: -1, syncedHeaders: -1, syncedBlocks: -1 }])
    expect(a.peers()).toMatchObject([{ transport: 'v2', inbound: true }])
    expect(b.info()).toMatchObject({
      phase: 'running',
      network: { connections: 1, connectionsOut: 1 },
      blockchain: { chain: 'regtest', headers: 50 },
    })

    const stopping = Promise.all([a.stop(), b.stop()])
    await clock.advance(10_000)
    await stopping
    expect(clock.pendingTimers).toBe(0)
  })
})
