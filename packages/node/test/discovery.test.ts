import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { NodeHandle } from '../src/index.ts'
import { FULL_NODE } from './support/addresses.ts'
import { mineHeaders, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const COUNT = 12
const MINUTE = 60_000
const at = (index: number): string => `${20 + index}.${index}.1.1:18444`

describe('nodes that know one of them', () => {
  it('find each other, and all follow the longest chain', async () => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const nodes: NodeHandle[] = []
    for (let index = 0; index < COUNT; index++) {
      nodes.push(
        await startNode({
          network,
          clock,
          address: at(index),
          node: {
            services: FULL_NODE,
            slots: { fullRelay: 4, blockRelayOnly: 1 },
            ...(index !== 0 && { seedNodes: [at(0)] }),
          },
        }),
      )
    }
    const headers = mineHeaders(regtest.genesis, 20)
    await nodes[3]!.chain.submitHeaders(headers)
    for (let minute = 0; minute < 20; minute++) await clock.advance(MINUTE)

    for (const node of nodes) {
      const outbound = node.peers().filter(({ inbound, state }) => !inbound && state === 'ready')
      expect(outbound.length).toBeGreaterThanOrEqual(2)
      expect(node.chain.tip().height).toBe(20)
      expect(node.addresses.counts().total).toBeGreaterThanOrEqual(COUNT / 2)
    }
    await stopNodes(clock, ...nodes)
    expect(clock.pendingTimers).toBe(0)
  })
})
