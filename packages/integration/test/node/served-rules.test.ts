import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InventoryType, type Message, parsePeerAddress, regtest } from '@sapwood/wire-codec'
import { createPeer, type Peer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { createTcpListener, type NodeHandle } from '@sapwood/node'
import { type FileBlockStore, openBlockStore, serveChain } from '@sapwood/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RegtestBlock, RegtestChain } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

/** Seconds: 200 blocks are 50 days, of which old ones and stale ones of last month are to be had. */
const SPACING = 6 * 3_600
const HEIGHT = 200
const startTime = Math.floor(Date.now() / 1_000) - HEIGHT * SPACING
const chain = new RegtestChain({ blocks: HEIGHT, transactions: 2, startTime, spacing: SPACING })
const ANSWERS: ReadonlySet<string> = new Set(['block', 'blocktxn', 'cmpctblock', 'notfound'])

let folder = ''
let blockStore: FileBlockStore
let node: NodeHandle
let peers: Peer[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sapwood-served-'))
  peers = []
  blockStore = await openBlockStore(folder, { network: regtest })
  node = await startNode({}, { blockStore, listeners: [createTcpListener()] })
  await node.chain.submitHeaders(chain.headers)
  const blocks = Array.from({ length: HEIGHT }, (_, index) => chain.at(index + 1)!)
  await blockStore.append(blocks, { from: 1, tip: { height: HEIGHT, hash: chain.tip } })
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.disconnect()))
  await node.stop()
  await blockStore.close()
  await rm(folder, { recursive: true, force: true })
})

async function connectTo(): Promise<Peer> {
  const address = parsePeerAddress(node.network.listening()[0]!, { defaultPort: regtest.defaultPort })
  const transport = await connect(address, { dialer: createTcpDialer(), network: regtest })
  const peer = createPeer(transport, { network: regtest, kind: 'manual' })
  peers.push(peer)
  await peer.handshake
  return peer
}

/** What a request is answered with; why the connection has ended, where it has. */
function answerTo(peer: Peer, request: Message): Promise<string> {
  return new Promise((resolve) => {
    peer.events.on('message', ({ message }) => {
      if (ANSWERS.has(message.type)) resolve(message.type)
    })
    const gone = node.events.next('peer-disconnected', { timeout: 60_000 })
    void gone.then(({ reason }) => resolve(JSON.stringify(reason))).catch(() => undefined)
    peer.send(request)
  })
}

const getData = (type: number, { hash }: Pick<RegtestBlock, 'hash'>): Message => ({
  type: 'getdata',
  inventory: [{ type, hash }],
})

const transactionsOf = (height: number, indexes: readonly number[]): Message => ({
  type: 'getblocktxn',
  blockHash: chain.at(height)!.hash,
  indexes: Uint16Array.from(indexes),
})

describe('what a peer gets of a chain that is served', () => {
  it('is a compact block down to five blocks below the tip, and the whole one further down', async () => {
    await using server = serveChain(node, { blockStore })
    const peer = await connectTo()
    for (const [depth, answer] of [
      [0, 'cmpctblock'],
      [5, 'cmpctblock'],
      [6, 'block'],
    ] as const)
      expect(
        await answerTo(peer, getData(InventoryType.COMPACT_BLOCK, chain.at(HEIGHT - depth)!)),
        `${depth} below`,
      ).toBe(answer)
    expect(server.info().blocks).toBe(1)
  })

  it('are single transactions down to ten blocks below the tip, and the whole block further down', async () => {
    await using server = serveChain(node, { blockStore })
    const peer = await connectTo()
    const query = (depth: number, indexes: readonly number[]): Message =>
      transactionsOf(HEIGHT - depth, indexes)
    expect(await answerTo(peer, query(10, [1, 2]))).toBe('blocktxn')
    expect(await answerTo(peer, query(11, [1, 2]))).toBe('block')
    expect(server.info().blocks).toBe(1)
    expect(await answerTo(peer, query(1, [3]))).toContain('index past the end of the block')
  })

  it('is a block of a branch that was left this month, and none of one that was left before', async () => {
    const [lately, before] = [HEIGHT - 10, 20].map((height) => {
      const branch = chain.forkAt(height, `left at ${height}`)
      return branch.mine(1)[0]!
    }) as [RegtestBlock, RegtestBlock]
    await node.chain.submitHeaders([lately.block.header])
    await node.chain.submitHeaders([before.block.header])
    await blockStore.append([lately, before])
    await using server = serveChain(node, { blockStore })
    const peer = await connectTo()
    expect(await answerTo(peer, getData(InventoryType.WITNESS_BLOCK, lately))).toBe('block')
    // As if nobody had ever heard of it: who has it would tell one node from another by it.
    expect(await answerTo(peer, getData(InventoryType.WITNESS_BLOCK, before))).toBe('notfound')
    expect(await answerTo(peer, getData(InventoryType.COMPACT_BLOCK, before))).toBe('notfound')
    expect(server.info().refused).toBe(0)
  })

  it('is none that is older than a week once the upload target of the day is met, and no connection either', async () => {
    await using server = serveChain(node, { blockStore }, { uploadTarget: 1 })
    const peer = await connectTo()
    const block = (height: number): Message => getData(InventoryType.WITNESS_BLOCK, chain.at(height)!)
    expect(await answerTo(peer, block(HEIGHT - 27))).toBe('block')
    expect(await answerTo(peer, block(HEIGHT - 29))).toContain('upload target is met')
    const again = await connectTo()
    expect(await answerTo(again, transactionsOf(1, [0]))).toContain('upload target is met')
    expect(server.info()).toMatchObject({ blocks: 1, refused: 2 })
  })
})
