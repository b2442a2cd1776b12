import { bytesToHex, hashToHex, hashFromHex } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RegtestBitcoind, RegtestChain, submitChain } from '../../src/index.ts'
import { trueFilterHeaders } from '../../src/regtest/regtest-filters.ts'
import { startNode } from '../end-to-end/start-node.ts'

const HEIGHT = 300
const startTime = Math.floor(Date.now() / 1_000) - (HEIGHT + 20) * 600

interface RpcFilter {
  readonly filter: string
  readonly header: string
}

describe('filters of a real bitcoind', () => {
  const chain = new RegtestChain({ blocks: HEIGHT, transactions: 3, startTime })
  let bitcoind: RegtestBitcoind

  beforeAll(async () => {
    bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex=1', '-peerblockfilters=1'] })
    await submitChain(bitcoind, chain)
  }, 120_000)

  afterAll(async () => {
    await bitcoind.stop()
  })

  const filterOf = (hash: string): Promise<RpcFilter> => bitcoind.rpc<RpcFilter>('getblockfilter', hash)

  it('are those that its RPC gives, each header as well; and our own server serves the same', async () => {
    await using node = await startNode({ filters: true, connect: [bitcoind.p2pAddress] })
    await node.chain.waitForHeight(HEIGHT)
    const ours = trueFilterHeaders(chain)
    let height = 0
    for await (const filter of node.filters.range({ from: 0, to: HEIGHT })) {
      expect(filter.height).toBe(height)
      if (height % 25 === 0 || height === HEIGHT) {
        const { filter: bytes, header } = await filterOf(hashToHex(filter.hash))
        expect(bytesToHex(filter.bytes)).toBe(bytes)
        expect(hashToHex(filter.header)).toBe(header)
      }
      expect(bytesToHex(filter.header)).toBe(bytesToHex(ours[height]!))
      height++
    }
    expect(height).toBe(HEIGHT + 1)
  })

  it('find the block that pays to a script', async () => {
    await using node = await startNode({ filters: true, connect: [bitcoind.p2pAddress] })
    await node.chain.waitForHeight(HEIGHT)
    const payment = chain.at(250)!.block.transactions.at(-1)!.outputs[1]!.scriptPubKey
    const found: number[] = []
    for await (const { height } of node.filters.scan({ scripts: [payment], from: 1, to: HEIGHT }))
      found.push(height)
    expect(found).toContain(250)
    expect(found.length).toBeLessThan(5)
  })

  it('follow a reorg', async () => {
    await using node = await startNode({ filters: true, connect: [bitcoind.p2pAddress] })
    await node.chain.waitForHeight(HEIGHT)
    const before = await node.filters.headerAt(HEIGHT)
    const moved = node.events.next('tip-changed', {
      timeout: 60_000,
      filter: ({ change }) => change.newTip.height === HEIGHT + 1,
    })
    await bitcoind.rpc('invalidateblock', hashToHex(chain.at(HEIGHT - 4)!.hash))
    const mined = await bitcoind.mine(6)
    await moved
    // Its index follows its chain a little later.
    const { header } = await vi.waitFor(() => filterOf(mined.at(-1)!), { timeout: 30_000, interval: 50 })
    expect(await node.filters.headerAt(HEIGHT + 1)).toEqual(hashFromHex(header))
    expect(await node.filters.headerAt(HEIGHT)).not.toEqual(before)
  }, 120_000)

  it('are not asked of a bitcoind that serves none', async () => {
    await using plain = await RegtestBitcoind.start()
    await submitChain(plain, chain)
    await using node = await startNode({
      filters: true,
      connect: [plain.p2pAddress],
      timeouts: { call: 2_000 },
    })
    await node.chain.waitForHeight(HEIGHT, { timeout: 60_000 })
    const asked = node.filters.range({ from: 0, to: 1 }).next()
    await expect(asked).rejects.toMatchObject({ name: 'NodeError', code: 'no-filter-peer' })
    expect(node.peers()).toHaveLength(1)
  }, 120_000)
})
