import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { FULL_NODE } from './support/addresses.ts'
import { mineHeader, mineHeaders, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const [A, B, C] = ['1.2.3.4:18444', '5.6.7.8:18444', '9.10.11.12:18444'] as const

describe('a new tip', () => {
  it('is announced along a line of nodes, a few blocks or many, and after a reorg', async () => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const start = (address: string, connect: readonly string[]) =>
      startNode({ network, clock, address, node: { services: FULL_NODE, connect } })
    const a = await start(A, [])
    const b = await start(B, [A])
    const c = await start(C, [B])
    await clock.advance(10_000)
    const headers = mineHeaders(regtest.genesis, 30)
    for (const part of [headers.slice(0, 1), headers.slice(1, 30)]) {
      await a.chain.submitHeaders(part)
      await clock.advance(5_000)
      expect(c.chain.tip().hash).toEqual(a.chain.tip().hash)
    }
    const fork = mineHeaders(headers[27]!, 3, 9)
    await a.chain.submitHeaders([...fork, mineHeader(fork[2]!)])
    await clock.advance(5_000)
    expect(b.chain.tip().height).toBe(32)
    expect(c.chain.tip().hash).toEqual(a.chain.tip().hash)
    await stopNodes(clock, a, b, c)
  })
})
