import { blockHash } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { FULL_NODE } from './support/addresses.ts'
import { JOINED, joinNode } from './support/join-node.ts'
import { mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

it('a block that nobody asked for is news of its header, as in Bitcoin Core', async () => {
  const [network, clock] = [createMemoryNetwork(), createVirtualClock()]
  const blocks = mineBlocks(regtest.genesis, 0, 4)
  const node = await startNode({
    network,
    clock,
    address: JOINED,
    blocks: blocks.slice(0, 3),
    node: { services: FULL_NODE },
  })
  const { peer } = await joinNode('5.6.7.1:18444', clock, network)
  const next = blocks[3]!
  peer.send({ type: 'block', block: next })
  await clock.advance(1_000)
  expect(node.chain.tip()).toMatchObject({ height: 4, hash: blockHash(next.header) })
  expect(node.peers()).toHaveLength(1)
  await stopNodes(clock, node)
})
