import {
  type Block,
  type BlockHash,
  blockHash,
  buildCompactBlock,
  bytesToHex,
  encodePayload,
  type Message,
} from '@sapwood/wire-codec'
import { createPeer, type Peer } from '@sapwood/peer'
import { connect, type Transport } from '@sapwood/transport-v1v2'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { NodeHandle } from '../src/index.ts'
import { hashesOf, mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const SERVER = '1.2.3.4:18444'
const trunk = mineBlocks(regtest.genesis, 0, 600)

let network: MemoryNetwork
let clock: VirtualClock
let node: NodeHandle
/** What the program has to serve now. */
let store: Map<string, Block>
let asked: string[]
/** Of which block its answer never comes; undefined: of none. */
let stuckOn: string | undefined
/** Of which block its compact form never comes. */
let neverCompact: string | undefined

const keyOf = (block: Block): string => bytesToHex(blockHash(block.header))
const have = (blocks: readonly Block[]): void => blocks.forEach((block) => store.set(keyOf(block), block))

beforeEach(async () => {
  network = createMemoryNetwork()
  clock = createVirtualClock()
  store = new Map()
  asked = []
  stuckOn = undefined
  neverCompact = undefined
  node = await startNode({
    network,
    clock,
    address: SERVER,
    components: {
      services: {
        block: (hash) => {
          asked.push(bytesToHex(hash))
          if (bytesToHex(hash) === stuckOn) return new Promise<never>(() => undefined)
          return store.get(bytesToHex(hash))
        },
        compactBlock: (hash) => {
          if (bytesToHex(hash) === neverCompact) return new Promise<never>(() => undefined)
          const block = store.get(bytesToHex(hash))
          if (block === undefined) return undefined
          const compactBlock = buildCompactBlock(block, { nonce: 1n })
          return encodePayload({ type: 'cmpctblock', compactBlock }).payload
        },
      },
    },
  })
})

interface Client {
  readonly peer: Peer
  readonly heard: Message[]
}

let clients = 0

async function join(): Promise<Client> {
  const { address } = { address: `5.6.7.${++clients}:18444` }
  const connecting = connect(
    { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18444 },
    { dialer: network.dialerOf(address), network: regtest },
    { clock, random: createSeededRandom(address) },
  )
  await clock.advance(1_000)
  const transport: Transport = await connecting
  const heard: Message[] = []
  const peer = createPeer(
    transport,
    { network: regtest, kind: 'manual' },
    { clock, random: createSeededRandom(address) },
  )
  peer.events.on('message', ({ message }) => heard.push(message))
  await clock.advance(1_000)
  await peer.handshake
  // It has no more headers than the node: the chain is chosen.
  peer.send({ type: 'headers', headers: [] })
  await clock.advance(100)
  return { peer, heard }
}

async function submit(blocks: readonly Block[]): Promise<void> {
  const submitting = node.chain.submitHeaders(blocks.map(({ header }) => header))
  await clock.advance(0)
  await submitting
}

/** Hashes of blocks that the peer was told of. */
function told({ heard }: Client): string[] {
  return heard.flatMap((message) => {
    if (message.type === 'headers') return message.headers.map((header) => bytesToHex(blockHash(header)))
    if (message.type === 'inv') return message.inventory.map(({ hash }) => bytesToHex(hash))
    return message.type === 'cmpctblock' ? [bytesToHex(blockHash(message.compactBlock.header))] : []
  })
}

describe('a node whose program serves blocks', () => {
  it('tells of a tip when its block can be served, in a reorg too', async () => {
    const client = await join()
    have(trunk.slice(0, 100))
    await submit(trunk.slice(0, 100))
    await clock.advance(5_000)
    client.heard.length = 0
    await submit(trunk.slice(100, 103))
    await clock.advance(5_000)
    expect(told(client)).toEqual([])
    have(trunk.slice(100, 103))
    await clock.advance(2_000)
    expect(told(client)).toContain(keyOf(trunk[102]!))
    client.heard.length = 0
    const branch = mineBlocks(trunk[98]!.header, 99, 7, 5)
    await submit(branch)
    have(branch.slice(0, 6))
    await clock.advance(5_000)
    expect(told(client)).toEqual([])
    have(branch)
    await clock.advance(2_000)
    expect(told(client)).toContain(keyOf(branch.at(-1)!))
    await stopNodes(clock, node)
  })

  it('tells of the next tips where the answer about one never comes', async () => {
    const client = await join()
    have(trunk.slice(0, 100))
    await submit(trunk.slice(0, 100))
    await clock.advance(5_000)
    client.heard.length = 0
    stuckOn = keyOf(trunk[100]!)
    have(trunk.slice(100, 102))
    await submit(trunk.slice(100, 101))
    await clock.advance(5_000)
    await submit(trunk.slice(101, 102))
    await clock.advance(30_000)
    expect(told(client)).toContain(keyOf(trunk[101]!))
    await stopNodes(clock, node)
  })

  it('holds a request for a block of its chain until the program has it', async () => {
    const client = await join()
    have(trunk.slice(0, 99))
    await submit(trunk.slice(0, 100))
    const hash = blockHash(trunk[99]!.header)
    client.peer.send({ type: 'getdata', inventory: [{ type: 0x40000002, hash }] })
    await clock.advance(5_000)
    expect(client.heard.filter(({ type }) => type === 'notfound' || type === 'block')).toEqual([])
    have(trunk.slice(99, 100))
    await clock.advance(1_500)
    expect(client.heard.filter(({ type }) => type === 'notfound' || type === 'block')).toMatchObject([
      { type: 'block' },
    ])
    // And no longer than it may be on its way.
    client.heard.length = 0
    await submit(trunk.slice(100, 101))
    client.peer.send({
      type: 'getdata',
      inventory: [{ type: 0x40000002, hash: blockHash(trunk[100]!.header) }],
    })
    await clock.advance(30_000)
    expect(client.heard.filter(({ type }) => type === 'notfound')).toHaveLength(1)
    await stopNodes(clock, node)
  })

  it('answers getblocks from its chain, 500 at a time, and tells of the tip when the last of them is fetched', async () => {
    const client = await join()
    have(trunk)
    await submit(trunk)
    await clock.advance(3_000)
    client.heard.length = 0
    const getBlocks = (locator: readonly BlockHash[], stopHash: BlockHash): void =>
      void client.peer.send({ type: 'getblocks', version: 70016, locator: [...locator], stopHash })
    const none = new Uint8Array(32) as Uint8Array as BlockHash
    getBlocks([regtest.genesisHash], none)
    await clock.advance(1_000)
    expect(told(client)).toEqual(hashesOf(trunk.slice(0, 500)).map(bytesToHex))
    client.heard.length = 0
    client.peer.send({
      type: 'getdata',
      inventory: [{ type: 0x40000002, hash: blockHash(trunk[499]!.header) }],
    })
    await clock.advance(1_000)
    expect(told(client)).toEqual([keyOf(trunk[599]!)])
    client.heard.length = 0
    getBlocks([blockHash(trunk[499]!.header)], blockHash(trunk[510]!.header))
    await clock.advance(1_000)
    expect(told(client)).toEqual(hashesOf(trunk.slice(500, 510)).map(bytesToHex))
    await stopNodes(clock, node)
  })

  it('tells no more of its chain than the program has blocks of, in each way', async () => {
    have(trunk.slice(0, 10))
    await submit(trunk)
    const client = await join()
    const none = new Uint8Array(32) as Uint8Array as BlockHash
    const query = { version: 70016, locator: [regtest.genesisHash], stopHash: none }
    const answers = async (type: 'getheaders' | 'getblocks'): Promise<string[]> => {
      client.heard.length = 0
      client.peer.send({ type, ...query })
      await clock.advance(1_000)
      return told(client)
    }
    const ten = hashesOf(trunk.slice(0, 10)).map(bytesToHex)
    expect(await answers('getheaders')).toEqual(ten)
    expect(await answers('getblocks')).toEqual(ten)
    expect((await (await join()).peer.handshake).startHeight).toBe(10)
    // To find that, only a few were looked for.
    expect(new Set(asked).size).toBeLessThan(40)
    // It grows; whoever asks again and again does not have it looked for each time.
    have(trunk.slice(0, 300))
    asked.length = 0
    for (let times = 0; times < 20; times++) client.peer.send({ type: 'getheaders', ...query })
    await clock.advance(15_000)
    expect(asked.length).toBeLessThan(80)
    expect(await answers('getheaders')).toEqual(hashesOf(trunk.slice(0, 300)).map(bytesToHex))
    // The tip is looked for each time: who is told too little may never ask again. It is announced, too.
    have(trunk)
    expect(new Set(await answers('getheaders'))).toEqual(new Set(hashesOf(trunk).map(bytesToHex)))
    expect((await (await join()).peer.handshake).startHeight).toBe(600)
    await stopNodes(clock, node)
  })

  it('leads a peer that asks by getblocks over a reorg, as btcd does', async () => {
    const client = await join()
    have(trunk.slice(0, 50))
    await submit(trunk.slice(0, 50))
    const branch = mineBlocks(trunk[46]!.header, 47, 5, 9)
    have(branch)
    await submit(branch)
    await clock.advance(3_000)
    client.heard.length = 0
    const locator = hashesOf(trunk.slice(40, 50)).reverse()
    client.peer.send({
      type: 'getblocks',
      version: 70016,
      locator,
      stopHash: new Uint8Array(32) as Uint8Array as BlockHash,
    })
    await clock.advance(1_000)
    expect(told(client)).toEqual(branch.map(keyOf))
    await stopNodes(clock, node)
  })

  it('is told by another that nobody has a block, rather than that the time is up', async () => {
    await submit(trunk.slice(0, 20))
    const other = await startNode({
      network,
      clock,
      address: '4.4.4.4:18444',
      node: { connect: [SERVER] },
    })
    // The node tells of no block that its program has not: it knows of this one by somebody else.
    await other.chain.submitHeaders(trunk.slice(0, 20).map(({ header }) => header))
    await clock.advance(10_000)
    const hash = blockHash(trunk[5]!.header)
    const fetching = other.getBlock(hash, { timeout: 45_000 })
    const outcome = expect(fetching).rejects.toMatchObject({ code: 'block-unavailable', limit: 45_000 })
    await clock.advance(50_000)
    await outcome
    await stopNodes(clock, node, other)
  })

  it('sends the compact block itself to who asked for it, and to nobody else', async () => {
    const [fast, plain] = [await join(), await join()]
    fast.peer.send({ type: 'sendcmpct', announce: true, version: 2n })
    have(trunk.slice(0, 11))
    await submit(trunk.slice(0, 10))
    await clock.advance(3_000)
    await submit(trunk.slice(10, 11))
    await clock.advance(3_000)
    const compact = ({ heard }: Client): number => heard.filter(({ type }) => type === 'cmpctblock').length
    expect([compact(fast), compact(plain)]).toEqual([1, 0])
    expect(told(plain)).toContain(keyOf(trunk[10]!))
    await stopNodes(clock, node)
  })

  it('tells of a tip whose compact form never comes, of the next ones, and leaves nothing behind', async () => {
    const client = await join()
    client.peer.send({ type: 'sendcmpct', announce: true, version: 2n })
    have(trunk.slice(0, 13))
    await submit(trunk.slice(0, 10))
    await clock.advance(3_000)
    neverCompact = keyOf(trunk[10]!)
    await submit(trunk.slice(10, 11))
    await clock.advance(5_000)
    expect(told(client)).toContain(keyOf(trunk[10]!))
    await submit(trunk.slice(11, 12))
    await clock.advance(5_000)
    expect(client.heard.filter(({ type }) => type === 'cmpctblock')).toHaveLength(1)
    expect(told(client)).toContain(keyOf(trunk[11]!))
    neverCompact = keyOf(trunk[12]!)
    await submit(trunk.slice(12, 13))
    await client.peer.disconnect()
    await stopNodes(clock, node)
    expect(clock.pendingTimers).toBe(0)
  })
})
