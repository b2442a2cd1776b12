import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { FULL_NODE } from './support/addresses.ts'
import { JOINED, joinNode } from './support/join-node.ts'
import { coinbaseAt, mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

it('a broadcast that nobody asks for says that they may have it already', async () => {
  const [network, clock] = [createMemoryNetwork(), createVirtualClock()]
  const blocks = mineBlocks(regtest.genesis, 0, 3)
  const node = await startNode({
    network,
    clock,
    address: JOINED,
    blocks,
    node: { services: FULL_NODE },
  })
  const { told } = await joinNode('5.6.7.1:18444', clock, network)
  const broadcasting = node.transactions.broadcast(coinbaseAt(7), { timeout: 120_000 })
  const failure = expect(broadcasting).rejects.toMatchObject({
    code: 'timeout',
    detail: '1 peers were told of the transaction and none asked for it: they may have it already',
  })
  await clock.advance(120_000)
  await failure
  expect(told).toHaveLength(1)
  await stopNodes(clock, node)
})
