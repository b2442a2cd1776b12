import { Services } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { address } from './support/addresses.ts'
import { mineHeader, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const LIMITED = Services.WITNESS | Services.NETWORK_LIMITED
const HOUR = 3_600

it.each([
  [23, 1],
  [25, 0],
])('peers that keep recent blocks alone: with a tip %i hours old %i stay', async (age, stay) => {
  const [network, clock] = [createMemoryNetwork(), createVirtualClock()]
  const server = await startNode({
    network,
    clock,
    address: '11.1.1.1:18444',
    node: { services: LIMITED },
  })
  const us = await startNode({
    network,
    clock,
    address: '9.9.9.9:18444',
    node: { slots: { fullRelay: 1, blockRelayOnly: 0, feelers: false } },
  })
  const now = Math.floor(clock.wallTime() / 1_000)
  const header = mineHeader(regtest.genesis, { time: now - age * HOUR })
  await server.chain.submitHeaders([header])
  await us.chain.submitHeaders([header])
  // Heard of as a full node, so that it is dialled either way.
  const services = LIMITED | Services.NETWORK
  await us.addresses.add([{ address: address('11.1.1.1:18444'), services, time: now }], '8.8.8.8')
  await clock.advance(60_000)
  expect(us.peers().filter(({ state }) => state === 'ready')).toHaveLength(stay)
  await stopNodes(clock, us, server)
})
