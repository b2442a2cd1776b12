import { mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bytesToHex,
  hashFromHex,
  hashToHex,
  InventoryType,
  parsePeerAddress,
  regtest,
  Services,
  txidFromHex,
} from '@sapwood/wire-codec'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { createMemoryStore, createTcpListener } from '@sapwood/node'
import { createChainIndex, openBlockStore, serveChain } from '@sapwood/storage'
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
  folder = await mkdtemp(join(tmpdir(), 'sapwood-served-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const HEIGHT = 130
/** How far the reorg goes back. */
const BACK = 6

/** The last transaction of the chain that is no coinbase. */
async function lastPayment(
  bitcoind: RegtestBitcoind,
  from: number,
): Promise<{ readonly txid: string; readonly height: number }> {
  for (let height = from; height > 0; height--) {
    const hash = await bitcoind.rpc<string>('getblockhash', height)
    const { tx } = await bitcoind.rpc<{ tx: string[] }>('getblock', hash)
    if (tx.length > 1) return { txid: tx.at(-1)!, height }
  }
  throw new Error('there is none')
}

describe('a chain that is kept and served', () => {
  it('is that of the bitcoind it came from: blocks over v2, a reorg, and every filter', async () => {
    await using first = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-txindex'] })
    await mineWithPayments(first, HEIGHT)
    await using blockStore = await openBlockStore(folder, { network: regtest })
    await using store = createMemoryStore()
    await using node = await startNode(
      { connect: [first.p2pAddress], filters: true },
      { blockStore, listeners: [createTcpListener()] },
    )
    await using index = await createChainIndex(node, { store }, { transactions: true })
    await using server = serveChain(node, { blockStore, index })
    expect(server.info().services).toBe(Services.NONE)
    await index.waitForHeight(HEIGHT)
    await expect
      .poll(() => server.info().services)
      .toBe(Services.NETWORK | Services.NETWORK_LIMITED | Services.COMPACT_FILTERS)

    await using second = await RegtestBitcoind.start()
    const ready = node.events.next('peer-ready', {
      filter: ({ kind }) => kind === 'inbound',
      timeout: 60_000,
    })
    await second.rpc('addnode', node.network.listening()[0], 'onetry', true)
    expect((await ready).protocol).toBe('v2')
    const tip = async (): Promise<{ height: number; hash: string }> => ({
      height: await first.rpc<number>('getblockcount'),
      hash: await first.rpc<string>('getbestblockhash'),
    })
    const before = await tip()
    expect(await second.rpc('waitforblockheight', before.height, 60_000)).toEqual(before)
    expect(server.info().blocks).toBeGreaterThanOrEqual(HEIGHT)
    expect(server.info().refused).toBe(0)

    await first.rpc('invalidateblock', await first.rpc('getblockhash', HEIGHT - BACK + 1))
    await first.mine(BACK + 2, await first.rpc<string>('getnewaddress'))
    const after = await tip()
    expect(await second.rpc('waitforblock', after.hash, 60_000)).toEqual(after)
    await index.waitForHeight(after.height)

    for (let height = 0; height <= after.height; height++) {
      const hash = await first.rpc<string>('getblockhash', height)
      const theirs = await first.rpc<{ filter: string; header: string }>('getblockfilter', hash)
      const ours = (await index.filter(height))!
      expect([height, bytesToHex(ours.filter), hashToHex(ours.header)]).toEqual([
        height,
        theirs.filter,
        theirs.header,
      ])
    }
    const { txouts } = await first.rpc<{ txouts: number }>('gettxoutsetinfo')
    let unspent = 0
    for await (const [key] of store.namespace('chain-index').entries()) if (key.startsWith('u')) unspent += 1
    expect(unspent).toBe(txouts)

    const { txid, height } = await lastPayment(first, after.height)
    const place = { height, index: expect.any(Number) }
    const spending = await first.rpc<{ vin: { txid: string; vout: number }[] }>(
      'getrawtransaction',
      txid,
      true,
    )
    expect(await index.transaction(txidFromHex(txid))).toEqual(place)
    const [spent] = spending.vin
    const outPoint = { txid: txidFromHex(spent!.txid), index: spent!.vout }
    expect(await index.spender(outPoint)).toEqual(place)
    expect(await index.output(outPoint)).toBeUndefined()
    expect(hashFromHex(after.hash)).toEqual(index.tip.hash)
  }, 240_000)

  it('is fetched, filters and all, by another node of ours, which finds both peers equal', async () => {
    await using first = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
    await mineWithPayments(first, 110)
    await using blockStore = await openBlockStore(folder, { network: regtest })
    await using store = createMemoryStore()
    await using node = await startNode(
      { connect: [first.p2pAddress] },
      { blockStore, listeners: [createTcpListener()] },
    )
    await using index = await createChainIndex(node, { store })
    await using server = serveChain(node, { blockStore, index })
    await index.waitForHeight(110)
    await expect.poll(() => server.info().services & Services.NETWORK).toBe(Services.NETWORK)
    await using follower = await startNode({
      connect: [node.network.listening()[0]!, first.p2pAddress],
      filters: true,
    })
    while (follower.peers().filter(({ state }) => state === 'ready').length < 2)
      await follower.events.next('peer-ready', { timeout: 30_000 })
    let filters = 0
    for await (const { height, bytes } of follower.filters.range({ from: 1, to: 110 })) {
      filters += 1
      expect((await index.filter(height))!.filter).toEqual(bytes)
    }
    expect(filters).toBe(110)
    expect(follower.peers()).toHaveLength(2)
  }, 240_000)
})

describe('a block that a disk has damaged', () => {
  it('is fetched again when somebody asks for it, and served from then on', async () => {
    await using source = createRegtestPeer({ chain: new RegtestChain({ blocks: 20 }) })
    const { chain } = source
    await using blockStore = await openBlockStore(folder, { network: regtest })
    await using node = await startNode(
      { connect: ['127.0.0.1:18444'] },
      { blockStore, dialer: createMemoryDialer(source), listeners: [createTcpListener()] },
    )
    await using server = serveChain(node, { blockStore })
    await expect.poll(() => blockStore.stored().range?.tip.height, { timeout: 30_000 }).toBe(20)
    await truncate(join(folder, 'blk00000.dat'), blockStore.stored().bytes - 1)

    const address = parsePeerAddress(node.network.listening()[0]!, { defaultPort: regtest.defaultPort })
    const transport = await connect(address, { dialer: createTcpDialer(), network: regtest })
    await using asking = createPeer(transport, { network: regtest, kind: 'manual' })
    await asking.handshake
    const tip = (): Promise<unknown> => asking.getBlock(chain.tip).then(({ block }) => block.header)
    await expect
      .poll(() => tip().catch(() => undefined), { timeout: 30_000 })
      .toEqual(chain.at(20)!.block.header)
    expect([blockStore.damaged, server.info().blocks > 0]).toEqual([1, true])
  })
})

describe('a node that has the last blocks alone', () => {
  it('says so, and lets go of who asks for more', async () => {
    const startTime = Math.floor(Date.now() / 1_000) - 400 * 600
    const chain = new RegtestChain({ blocks: 400, startTime })
    await using blockStore = await openBlockStore(folder, { network: regtest, keep: { last: 288 } })
    await using node = await startNode({}, { blockStore, listeners: [createTcpListener()] })
    await node.chain.submitHeaders(chain.headers)
    const blocks = [...Array(292).keys()].map((index) => chain.at(400 - index)!).reverse()
    const range = { from: 109, tip: { height: 400, hash: chain.tip } }
    await blockStore.append(blocks, range)
    await using server = serveChain(node, { blockStore })
    expect(server.info().services).toBe(Services.NETWORK_LIMITED)

    const address = parsePeerAddress(node.network.listening()[0]!, { defaultPort: regtest.defaultPort })
    const transport = await connect(address, { dialer: createTcpDialer(), network: regtest })
    await using asking = createPeer(transport, { network: regtest, kind: 'manual' })
    const { services } = await asking.handshake
    expect(services).toBe(Services.NETWORK_LIMITED | Services.WITNESS | Services.P2P_V2)
    // 288 blocks, and two that the tip may have moved on by.
    expect((await asking.getBlock(chain.at(110)!.hash)).block.header).toEqual(chain.at(110)!.block.header)
    const gone = node.events.next('peer-disconnected', { timeout: 60_000 })
    const { hash } = chain.at(109)!
    asking.send({ type: 'getdata', inventory: [{ type: InventoryType.WITNESS_BLOCK, hash }] })
    expect(JSON.stringify(await gone)).toContain('asked for a block that is not kept')
    expect(server.info().refused).toBe(1)
  }, 120_000)
})
