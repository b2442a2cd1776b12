import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { FULL_NODE } from './support/addresses.ts'
import { JOINED, joinNode } from './support/join-node.ts'
import { mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

it.each([
  [true, true],
  [undefined, true],
  [false, false],
])(
  'whoever brings the newest block may send compact ones unasked, unless no transactions are relayed (%s)',
  async (relayTransactions, isAsked) => {
    const [block] = mineBlocks(regtest.genesis, 0, 1)
    const network = createMemoryNetwork()
    const clock = createVirtualClock({ start: block!.header.time * 1_000 })
    const node = await startNode({
      network,
      clock,
      address: JOINED,
      node: { services: FULL_NODE, ...(relayTransactions !== undefined && { relayTransactions }) },
    })
    const { peer } = await joinNode('5.6.7.1:18444', clock, network, { services: FULL_NODE })
    const heights: number[] = []
    const following = (async () => {
      for await (const item of node.blocks.follow({ from: 1 })) {
        if (item.type === 'block') heights.push(item.height)
      }
    })().catch(() => undefined)
    peer.send({ type: 'sendcmpct', announce: false, version: 2n })
    peer.send({ type: 'headers', headers: [block!.header] })
    await clock.advance(1_000)
    peer.send({ type: 'block', block: block! })
    await clock.advance(1_000)
    expect(heights).toEqual([1])
    expect(peer.info().compactHighBandwidthFrom).toBe(isAsked)
    await stopNodes(clock, node)
    await following
  },
)
