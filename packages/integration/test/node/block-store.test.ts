import { mkdir, mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesEqual, regtest } from '@sapwood/wire-codec'
import type { BlockStreamItem, NodeHandle } from '@sapwood/node'
import { importBlockFiles, openBlockStore } from '@sapwood/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createMemoryDialer,
  createRegtestPeer,
  mineWithPayments,
  RegtestBitcoind,
  RegtestChain,
} from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-kept-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const network = regtest
/** Any: the dialer leads to the embedded peer. */
const PEER = '127.0.0.1:18444'

async function stored(node: NodeHandle, height: number): Promise<void> {
  if (node.blocks.stored().range?.tip.height === height) return
  await node.events.next('blocks-stored', {
    filter: ({ range }) => range.tip.height === height,
    timeout: 60_000,
  })
}

async function heightsOf(node: NodeHandle, from: number, to: number): Promise<number[]> {
  const heights: number[] = []
  for await (const { height, hash, block } of node.blocks.range({ from, to })) {
    expect(bytesEqual(node.chain.hashAt(height)!, hash)).toBe(true)
    expect(block.transactions.length).toBeGreaterThan(0)
    heights.push(height)
  }
  return heights
}
async function nextItem(stream: AsyncIterator<BlockStreamItem>): Promise<BlockStreamItem> {
  const result = await stream.next()
  if (result.done === true) throw new Error('the stream has ended')
  return result.value
}
const heights = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('a node with a block store', () => {
  it('keeps the chain by itself, and the next one reads it without a peer', async () => {
    await using peer = createRegtestPeer({ chain: new RegtestChain({ blocks: 130, transactions: 2 }) })
    {
      await using store = await openBlockStore(folder, { network })
      await using node = await startNode(
        { connect: [PEER] },
        { blockStore: store, dialer: createMemoryDialer(peer) },
      )
      await stored(node, 130)
      expect(node.blocks.stored()).toMatchObject({ range: { from: 1 }, blocks: 130 })
      expect(await heightsOf(node, 1, 130)).toEqual(heights(1, 130))
    }
    await using store = await openBlockStore(folder, { network })
    await using node = await startNode({}, { blockStore: store })
    await node.chain.submitHeaders(peer.chain.headers)
    expect(await heightsOf(node, 5, 130)).toEqual(heights(5, 130))
    const { block, peer: from } = await node.getBlock(peer.chain.tip)
    expect([block.header.time, from]).toEqual([peer.chain.at(130)!.block.header.time, undefined])
  })

  it('goes on where it stopped, takes a reorg along, and tells it to who reads from the store', async () => {
    const main = new RegtestChain({ blocks: 40 })
    await using peer = createRegtestPeer({ chain: main })
    {
      await using store = await openBlockStore(folder, { network })
      await using node = await startNode(
        { connect: [PEER] },
        { blockStore: store, dialer: createMemoryDialer(peer) },
      )
      await stored(node, 40)
    }
    await using store = await openBlockStore(folder, { network })
    await using node = await startNode(
      { connect: [PEER] },
      { blockStore: store, dialer: createMemoryDialer(peer) },
    )
    await node.chain.waitForHeight(40)
    const reading = node.blocks.follow({ from: 31 })
    for (const height of heights(31, 38))
      expect((await reading.next()).value).toMatchObject({ type: 'block', height })
    const fork = main.forkAt(34)
    fork.mine(10)
    const received: number[] = []
    node.events.on('block-received', ({ block }) => received.push(block.height))
    peer.chain = fork
    peer.announce()
    await stored(node, 44)
    const reorg = await nextItem(reading)
    if (reorg.type !== 'reorg') throw new Error('no reorg')
    expect(reorg.change.fork.height).toBe(34)
    expect(reorg.change.disconnected.map(({ height }) => height)).toEqual([38, 37, 36, 35])
    for (const height of heights(35, 44)) {
      const item = await nextItem(reading)
      expect(item.type === 'block' && bytesEqual(item.hash, fork.at(height)!.hash)).toBe(true)
    }
    // Nothing was fetched that had been there, nor twice.
    expect(received).toEqual(heights(35, 44))
    expect(node.blocks.stored()).toMatchObject({ range: { from: 1, tip: { height: 44 } }, blocks: 50 })
    await reading.return?.()
  })

  it('fetches what a damaged store has lost, and puts it back', async () => {
    await using peer = createRegtestPeer({ chain: new RegtestChain({ blocks: 20 }) })
    await using store = await openBlockStore(folder, { network })
    await using node = await startNode(
      { connect: [PEER] },
      { blockStore: store, dialer: createMemoryDialer(peer) },
    )
    await stored(node, 20)
    await truncate(join(folder, 'blk00000.dat'), store.stored().bytes - 1)
    const { tip } = peer.chain
    expect((await node.getBlock(tip)).peer).toBeDefined()
    expect([store.damaged, await store.has(tip)]).toEqual([1, true])
    expect((await node.getBlock(tip)).peer).toBeUndefined()
  })

  it('keeps the last blocks alone where that is what it is for', async () => {
    await using peer = createRegtestPeer({ chain: new RegtestChain({ blocks: 400 }) })
    await using store = await openBlockStore(folder, { network, keep: { last: 300 } })
    await using node = await startNode(
      { connect: [PEER] },
      { blockStore: store, dialer: createMemoryDialer(peer) },
    )
    await stored(node, 400)
    expect(node.blocks.stored()).toMatchObject({ range: { from: 101 }, blocks: 300 })
    // What is not there comes from the peer, and what is there does not.
    expect(await heightsOf(node, 95, 400)).toEqual(heights(95, 400))
  })
})

describe('the files of a block store', () => {
  it('are taken from a bitcoind, obfuscated as they are, and given to another', async () => {
    const [theirs, ours, others] = ['theirs', 'ours', 'others'].map((name) => join(folder, name))
    for (const each of [theirs!, others!]) await mkdir(each)
    const tip = await (async () => {
      await using first = await RegtestBitcoind.start({ dataFolder: theirs! })
      await mineWithPayments(first, 110)
      return await first.rpc<string>('getbestblockhash')
    })()
    await using store = await openBlockStore(ours!, { network })
    await using node = await startNode({}, { blockStore: store })
    const parts = { network, store, chain: node.chain }
    const report = await importBlockFiles(join(theirs!, 'regtest', 'blocks'), parts)
    // The genesis block is none that a chain needs.
    expect(report).toEqual({ found: 111, imported: 110, refused: 1 })
    expect(node.blocks.stored().range?.from).toBe(1)
    expect(await heightsOf(node, 1, 110)).toEqual(heights(1, 110))

    const files = join(others!, 'regtest', 'blocks')
    expect(await store.exportTo(files)).toBe(2)
    await expect(store.exportTo(files)).rejects.toMatchObject({ code: 'store-foreign' })
    await using second = await RegtestBitcoind.start({ dataFolder: others!, args: ['-reindex'] })
    expect(await second.rpc('waitforblockheight', 110, 60_000)).toEqual({ height: 110, hash: tip })
  })
})
