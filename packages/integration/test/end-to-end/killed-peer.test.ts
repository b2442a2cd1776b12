import { describe, expect, it } from 'vitest'
import { RegtestBitcoind, RegtestChain, submitChain } from '../../src/index.ts'
import { startNode } from './start-node.ts'

describe('a bitcoind that is killed by SIGKILL in the middle of a sync', () => {
  it('has its end reported with a reason, and a second one finishes the sync', async () => {
    const chain = new RegtestChain({ blocks: 400, transactions: 3 })
    await using first = await RegtestBitcoind.start()
    await using second = await RegtestBitcoind.start()
    await Promise.all([submitChain(first, chain), submitChain(second, chain)])
    await using node = await startNode()
    await node.network.connectPeer(first.p2pAddress)
    await node.chain.waitForHeight(400)
    const ended = node.events.next('peer-disconnected', { timeout: 60_000 })
    const from = new Set<number>()
    let height = 0
    for await (const block of node.blocks.range({ from: 1, to: 400 })) {
      height += 1
      expect(block.height).toBe(height)
      expect(block.hash).toEqual(chain.at(height)!.hash)
      from.add(block.peer!)
      if (height !== 40) continue
      await first.kill()
      const { reason } = await ended
      expect(['remote-closed', 'transport-failed']).toContain(reason.code)
      await node.network.connectPeer(second.p2pAddress)
    }
    expect(height).toBe(400)
    expect(from.size).toBe(2)
  })
})
