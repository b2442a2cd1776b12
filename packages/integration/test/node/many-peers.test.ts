import { hashToHex } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FaultyRelay, RegtestBitcoind, RegtestChain, submitChain } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

const HEIGHT = 2_000
/**
 * Recent enough that bitcoind does not take itself to be in its initial download, in which it announces
 * nothing.
 */
const startTime = Math.floor(Date.now() / 1_000) - (HEIGHT + 20) * 600

describe('three real bitcoinds', () => {
  const chain = new RegtestChain({ blocks: HEIGHT, transactions: 2, startTime })
  let bitcoinds: RegtestBitcoind[]

  beforeAll(async () => {
    bitcoinds = await Promise.all([1, 2, 3].map(() => RegtestBitcoind.start()))
    for (const bitcoind of bitcoinds) await submitChain(bitcoind, chain)
  }, 240_000)

  afterAll(async () => {
    for (const bitcoind of bitcoinds) await bitcoind.stop()
  })

  it('give 2,000 blocks, each its part, in order', async () => {
    await using node = await startNode({ connect: bitcoinds.map(({ p2pAddress }) => p2pAddress) })
    await node.chain.waitForHeight(HEIGHT)
    while (node.peers().length < 3) await node.events.next('peer-ready', { timeout: 30_000 })
    const from = new Map<number, number>()
    let height = 0
    for await (const block of node.blocks.range({ from: 1, to: HEIGHT })) {
      height++
      expect(block.height).toBe(height)
      expect(block.hash).toEqual(chain.at(height)!.hash)
      from.set(block.peer!, (from.get(block.peer!) ?? 0) + 1)
    }
    expect(height).toBe(HEIGHT)
    expect(from.size).toBe(3)
    for (const count of from.values()) expect(count).toBeGreaterThan(100)
  })

  it('leave nothing waiting when the traffic of one is held', async () => {
    await using relay = await FaultyRelay.start(bitcoinds[0]!.p2pAddress)
    // Too small for the others to get 32 blocks ahead of it,
    // at which they would be asked for what it owes at once.
    await using node = await startNode({ blocks: { window: 24 } })
    const slow = await node.network.connectPeer(relay.address)
    await node.network.connectPeer(bitcoinds[1]!.p2pAddress)
    await node.network.connectPeer(bitcoinds[2]!.p2pAddress)
    await node.chain.waitForHeight(HEIGHT)
    let height = 0
    let fromSlow = 0
    let heldAt = 0
    let longestWait = 0
    let last = performance.now()
    for await (const block of node.blocks.range({ from: 1, to: HEIGHT })) {
      longestWait = Math.max(longestWait, performance.now() - last)
      last = performance.now()
      height++
      if (block.peer === slow.peer) fromSlow++
      if (fromSlow === 10 && heldAt === 0) {
        relay.strike('stall')
        heldAt = height
      }
    }
    expect(height).toBe(HEIGHT)
    expect(heldAt).toBeGreaterThan(0)
    expect(heldAt).toBeLessThan(HEIGHT)
    // Two seconds are allowed to the one that holds the window up; then its blocks come from the others.
    // Without that they would come when its request is given up, minutes later.
    expect(longestWait).toBeGreaterThan(1_000)
    expect(longestWait).toBeLessThan(30_000)
  })

  it('and one with less work: its chain is not followed, its peer is kept', async () => {
    const other = new RegtestChain({ blocks: HEIGHT, transactions: 2, startTime }).forkAt(HEIGHT - 50)
    other.mine(30)
    await using weaker = await RegtestBitcoind.start()
    await submitChain(weaker, other)
    await using node = await startNode()
    await node.network.connectPeer(weaker.p2pAddress)
    await node.chain.waitForHeight(HEIGHT - 20)
    expect(node.chain.tip().hash).toEqual(other.tip)
    const moved = node.events.next('tip-changed', {
      filter: ({ change }) => change.disconnected.length > 0,
      timeout: 30_000,
    })
    await node.network.connectPeer(bitcoinds[0]!.p2pAddress)
    const { change } = await moved
    expect(change.disconnected).toHaveLength(30)
    expect(change.fork.height).toBe(HEIGHT - 50)
    await node.chain.waitForHeight(HEIGHT)
    expect(node.chain.tip().hash).toEqual(chain.tip)
    expect(node.peers()).toHaveLength(2)
    const block = await node.getBlock(chain.at(HEIGHT)!.hash)
    expect(block.height).toBe(HEIGHT)
    // A block of the weaker chain can still be had, from the one that has it.
    const stale = await node.getBlock(other.tip)
    expect(stale.hash).toEqual(other.tip)
  }, 120_000)

  it('and a reorg that reaches one of them first', async () => {
    const longer = new RegtestChain({ blocks: HEIGHT, transactions: 2, startTime }).forkAt(HEIGHT - 4)
    longer.mine(6)
    await using node = await startNode({ connect: bitcoinds.map(({ p2pAddress }) => p2pAddress) })
    await node.chain.waitForHeight(HEIGHT)
    while (node.peers().length < 3) await node.events.next('peer-ready', { timeout: 30_000 })
    const seen: string[] = []
    for await (const item of node.blocks.follow({ from: HEIGHT - 9 })) {
      if (item.type === 'reorg')
        seen.push(...item.change.disconnected.map(({ height }) => `left ${height - HEIGHT}`))
      else seen.push(`${item.height - HEIGHT}`)
      if (seen.length === 10) {
        await submitChain(bitcoinds[1]!, longer, { from: HEIGHT - 3 })
      }
      if (item.type === 'block' && item.height === HEIGHT + 2) break
    }
    expect(seen.slice(0, 10)).toEqual(['-9', '-8', '-7', '-6', '-5', '-4', '-3', '-2', '-1', '0'])
    expect(seen.slice(10)).toEqual([
      'left 0',
      'left -1',
      'left -2',
      'left -3',
      '-3',
      '-2',
      '-1',
      '0',
      '1',
      '2',
    ])
    expect(hashToHex(node.chain.tip().hash)).toBe(await bitcoinds[1]!.rpc('getbestblockhash'))
  })
})
