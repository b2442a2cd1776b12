import { hashToHex } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind, RegtestChain, submitChain } from '../../src/index.ts'
import { startNode } from './start-node.ts'

/**
 * Recent enough that bitcoind does not take itself to be in its initial download, in which it announces
 * nothing.
 */
const startTime = Math.floor(Date.now() / 1_000) - 20_000

describe('following the chain of a real bitcoind', () => {
  it('syncs 300 blocks, equal to its own by hash', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await submitChain(bitcoind, new RegtestChain({ blocks: 300, transactions: 4 }))
    await using node = await startNode({ connect: [bitcoind.p2pAddress] })
    await node.chain.waitForHeight(300)
    const seen: string[] = []
    let transactions = 0
    for await (const { block, hash, height } of node.blocks.range({ from: 1, to: 300 })) {
      expect(height).toBe(seen.length + 1)
      seen.push(hashToHex(hash))
      transactions += block.transactions.length
    }
    const theirs: string[] = []
    for (let height = 1; height <= 300; height++) theirs.push(await bitcoind.rpc('getblockhash', height))
    expect(seen).toEqual(theirs)
    expect(transactions).toBe(300 + 4 * 200)
    expect(hashToHex(node.chain.tip().hash)).toBe(await bitcoind.rpc('getbestblockhash'))
  })

  it('follows a reorg of five blocks', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const [before, after] = [
      new RegtestChain({ blocks: 20, startTime }),
      new RegtestChain({ blocks: 20, startTime }).forkAt(15),
    ]
    after.mine(6)
    await submitChain(bitcoind, before)
    await using node = await startNode({ connect: [bitcoind.p2pAddress] })
    await node.chain.waitForHeight(20)
    const reorganised = node.events.next('tip-changed', {
      filter: ({ change }) => change.disconnected.length > 0,
      timeout: 60_000,
    })
    const stream = node.blocks.follow({ from: 1 })
    const heights: number[] = []
    for await (const item of stream) {
      if (item.type === 'block') heights.push(item.height)
      if (heights.length === 20) break
    }
    await submitChain(bitcoind, after, { from: 16 })
    const { change } = await reorganised
    expect(change.disconnected.map(({ height }) => height)).toEqual([20, 19, 18, 17, 16])
    await node.chain.waitForHeight(21)
    expect(hashToHex(node.chain.tip().hash)).toBe(await bitcoind.rpc('getbestblockhash'))
    expect(node.chain.tip().hash).toEqual(after.tip)
  })

  it('hands a reorg to a stream that follows: what left, then what came', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const [before, after] = [
      new RegtestChain({ blocks: 12, startTime }),
      new RegtestChain({ blocks: 12, startTime }).forkAt(7),
    ]
    after.mine(6)
    await submitChain(bitcoind, before)
    await using node = await startNode({ connect: [bitcoind.p2pAddress] })
    const seen: string[] = []
    for await (const item of node.blocks.follow({ from: 1 })) {
      if (item.type === 'reorg') {
        seen.push(`-${item.change.disconnected.length}`)
        continue
      }
      seen.push(String(item.height))
      if (item.height === 12 && seen.length === 12) await submitChain(bitcoind, after, { from: 8 })
      if (item.height === 13) break
    }
    expect(seen).toEqual([...range(1, 12), '-5', ...range(8, 13)])
  })
})

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
}
