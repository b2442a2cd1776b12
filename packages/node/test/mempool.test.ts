import { InventoryType, Services, wtxid } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { JOINED, joinNode } from './support/join-node.ts'
import { coinbaseAt, mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const OFFERED = Services.WITNESS | Services.P2P_V2

it('mempool (BIP35) is answered where NODE_BLOOM is offered, with what the peer has been told of already', async () => {
  const [network, clock] = [createMemoryNetwork(), createVirtualClock()]
  const blocks = mineBlocks(regtest.genesis, 0, 3)
  const node = await startNode({
    network,
    clock,
    address: JOINED,
    blocks,
    node: { services: OFFERED | Services.BLOOM },
  })
  const first = await joinNode('5.6.7.1:18444', clock, network)
  const transaction = coinbaseAt(7)
  const broadcasting = node.transactions.broadcast(transaction, { until: 'announced', timeout: 120_000 })
  await clock.advance(60_000)
  await broadcasting
  const entry = { type: InventoryType.WTX, hash: wtxid(transaction) }
  expect(first.told).toEqual([entry])
  first.peer.send({ type: 'mempool' })
  await clock.advance(100)
  expect(first.told).toEqual([entry, entry])

  // Who asks before it was told learns nothing sooner than it would have.
  const second = await joinNode('5.6.7.2:18444', clock, network)
  const before = second.told.length
  second.peer.send({ type: 'mempool' })
  await clock.advance(0)
  expect(second.told.length).toBe(2 * before)
  await stopNodes(clock, node)
})

it('mempool ends the connection where NODE_BLOOM is not offered', async () => {
  const [network, clock] = [createMemoryNetwork(), createVirtualClock()]
  const node = await startNode({ network, clock, address: JOINED, node: { services: OFFERED } })
  const { peer } = await joinNode('5.6.7.1:18444', clock, network)
  expect(node.peers()).toHaveLength(1)
  peer.send({ type: 'mempool' })
  await clock.advance(1_000)
  expect(node.peers()).toHaveLength(0)
  await stopNodes(clock, node)
})
