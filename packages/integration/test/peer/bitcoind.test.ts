import {
  createPeer,
  type Peer,
  type PeerComponents,
  PeerError,
  peerId,
  type PeerOptions,
} from '@sapwood/peer'
import { accept, type ByteStream, connect, onlyV1, type Transport } from '@sapwood/transport-v1v2'
import { systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer, listenTcp } from '@sapwood/transport-v1v2/tcp'
import {
  asTxid,
  asWtxid,
  blockBytes,
  blockHash,
  blockHashFromHex,
  bytesToHex,
  hashToHex,
  networks,
  Services,
  txid,
  txidFromHex,
  wtxidFromHex,
} from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mineWithPayments } from '../../src/bitcoind/funded-chain.ts'
import { RegtestBitcoind } from '../../src/index.ts'

const network = networks.regtest
const components: PeerComponents = { clock: systemClock, random: systemRandom }
const HEIGHT = 120
/** bitcoind then announces transactions at once, not after a random delay. */
const TRICKLE = '-whitelist=in,out,noban@127.0.0.1'

interface PeerInfoRpc {
  readonly id: number
  readonly subver: string
  readonly session_id: string
  readonly transport_protocol_type: string
  readonly bytessent: number
  readonly bytesrecv: number
  readonly bytessent_per_msg: Record<string, number>
  readonly bytesrecv_per_msg: Record<string, number>
  readonly services: string
  readonly version: number
}

let bitcoind: RegtestBitcoind
let nextId = 1

beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start({
    args: ['-peerblockfilters', '-blockfilterindex', '-peerbloomfilters', '-txindex', TRICKLE],
  })
  await mineWithPayments(bitcoind, HEIGHT)
  await bitcoind.rpc('syncwithvalidationinterfacequeue')
  // Before anyone asks: bitcoind answers getaddr from a cache that it fills once a day.
  for (let n = 1; n <= 100; n++) await bitcoind.rpc('addpeeraddress', `23.${n}.5.6`, 8333)
})
afterAll(() => bitcoind.stop())

/** We dial bitcoind. */
async function dial(protocol: 'v1' | 'v2', options: Partial<PeerOptions> = {}): Promise<Peer> {
  const fallback = protocol === 'v1' ? { fallback: onlyV1 } : {}
  const transport = await connect(
    bitcoind.p2pAddress,
    { dialer: createTcpDialer(), network, ...fallback },
    components,
  )
  expect(transport.protocol).toBe(protocol)
  return makePeer(transport, { kind: 'manual', address: bitcoind.p2pAddress, ...options })
}

/** bitcoind dials us. */
async function beDialled(protocol: 'v1' | 'v2', options: Partial<PeerOptions> = {}): Promise<Peer> {
  let arrive: (stream: ByteStream) => void = () => undefined
  const arrival = new Promise<ByteStream>((resolve) => {
    arrive = resolve
  })
  const listener = await listenTcp({}, (stream) => arrive(stream))
  try {
    await bitcoind.rpc('addnode', `127.0.0.1:${listener.port}`, 'onetry', protocol === 'v2')
    const transport = await accept(await arrival, { network }, components)
    expect(transport.protocol).toBe(protocol)
    const peer = makePeer(transport, { kind: 'inbound', ...options })
    void peer.closed.then(() => listener.close())
    return peer
  } catch (error) {
    await listener.close()
    throw error
  }
}

function makePeer(transport: Transport, options: Partial<PeerOptions> & Pick<PeerOptions, 'kind'>): Peer {
  const userAgent = `/sapwood-test:${nextId}/`
  return createPeer(
    transport,
    {
      id: peerId(nextId++),
      network,
      timeouts: { request: 20_000 },
      ...options,
      version: { services: Services.NETWORK | Services.WITNESS, userAgent, ...options.version },
    },
    components,
  )
}

/** What bitcoind says of this connection. */
async function seenByBitcoind(peer: Peer): Promise<PeerInfoRpc> {
  const all = await bitcoind.rpc<PeerInfoRpc[]>('getpeerinfo')
  const found = all.find(({ subver }) => subver === `/sapwood-test:${peer.id}/`)
  if (found === undefined) throw new Error('bitcoind does not know this peer')
  return found
}

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}

describe.each([
  ['v2', 'we dial', dial],
  ['v1', 'we dial', dial],
  ['v2', 'bitcoind dials', beDialled],
  ['v1', 'bitcoind dials', beDialled],
] as const)('a peer of a real bitcoind over %s, %s', (protocol, direction, open) => {
  let peer: Peer
  let tip: string

  beforeAll(async () => {
    peer = await open(protocol)
    tip = await bitcoind.rpc<string>('getbestblockhash')
  })
  afterAll(() => peer.disconnect({ detail: 'the tests are over' }))

  it('shakes hands', async () => {
    const version = await peer.handshake
    expect(version.version).toBeGreaterThanOrEqual(70_016)
    expect(version).toMatchObject({ startHeight: HEIGHT, relay: true, wtxidRelay: true, addrv2: true })
    const info = peer.info()
    for (const name of ['NETWORK', 'WITNESS', 'COMPACT_FILTERS', 'BLOOM', 'NETWORK_LIMITED', 'P2P_V2']) {
      expect(info.serviceNames).toContain(name)
    }
    expect(info.inbound).toBe(direction === 'bitcoind dials')
    const seen = await seenByBitcoind(peer)
    expect(seen).toMatchObject({ transport_protocol_type: protocol, session_id: info.sessionId ?? '' })
  })

  it('ping', async () => {
    expect((await peer.ping()).roundTrip).toBeGreaterThanOrEqual(0)
  })

  it('headers, to the tip and from nothing but a hash', async () => {
    const headers = await peer.getHeaders({ locator: [network.genesisHash] })
    expect(headers).toHaveLength(HEIGHT)
    expect(hashToHex(blockHash(headers.at(-1)!))).toBe(tip)
    expect(await peer.getHeaders({ locator: [blockHash(headers.at(-1)!)] })).toEqual([])
    const single = await peer.getHeaders({ locator: [], stopHash: blockHash(headers[4]!) })
    expect(single.map(blockHash)).toEqual([blockHash(headers[4]!)])
  })

  it('blocks, many in one getdata, equal to those of getblock', async () => {
    const hashes: string[] = []
    for (let height = 95; height <= HEIGHT; height++) hashes.push(await bitcoind.rpc('getblockhash', height))
    const blocks = await collect(peer.getBlocks(hashes.map(blockHashFromHex)))
    expect(blocks.map(({ hash }) => hashToHex(hash))).toEqual(hashes)
    for (const { hash, block } of blocks) {
      expect(bytesToHex(blockBytes(block))).toBe(await bitcoind.rpc('getblock', hashToHex(hash), 0))
      expect(block.transactions.length).toBeGreaterThan(0)
    }
    const raw = await collect(peer.getRawBlocks(hashes.map(blockHashFromHex), { window: 3 }))
    expect(raw.map(({ payload }) => payload)).toEqual(blocks.map(({ block }) => blockBytes(block)))
  })

  it('a block that it does not have ends in a timeout, not in silence', async () => {
    const unknown = blockHashFromHex('12'.repeat(32))
    const error: unknown = await peer.getBlock(unknown, { timeout: 300 }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PeerError)
    expect(error).toMatchObject({ code: 'timeout', missing: [unknown] })
  })

  it('compact filters, their headers and checkpoints, as getblockfilter has them', async () => {
    const startHeight = HEIGHT - 9
    const stopHash = blockHashFromHex(tip)
    const filters = await collect(peer.getCompactFilters({ startHeight, stopHash }))
    expect(filters).toHaveLength(10)
    const headers = await peer.getCompactFilterHeaders({ startHeight, stopHash })
    expect(headers.filterHashes).toHaveLength(10)
    for (const [n, { blockHash: hash, filter }] of filters.entries()) {
      const expected = await bitcoind.rpc<{ filter: string; header: string }>(
        'getblockfilter',
        hashToHex(hash),
      )
      expect(bytesToHex(filter)).toBe(expected.filter)
      expect(hashToHex(hash)).toBe(await bitcoind.rpc('getblockhash', startHeight + n))
    }
    const before = await bitcoind.rpc<string>('getblockhash', startHeight - 1)
    const { header } = await bitcoind.rpc<{ header: string }>('getblockfilter', before)
    expect(hashToHex(headers.previousFilterHeader)).toBe(header)
    expect((await peer.getCompactFilterCheckpoints({ stopHash })).filterHeaders).toEqual([])
  })

  it('transactions of a block by their index', async () => {
    const { tx } = await bitcoind.rpc<{ tx: string[] }>('getblock', tip, 1)
    const blockHash = blockHashFromHex(tip)
    const [coinbase] = await peer.getBlockTransactions({ blockHash, indexes: [0] })
    expect(hashToHex(txid(coinbase!))).toBe(tx[0])
  })

  it('transactions by txid and by wtxid, and the mempool', async () => {
    const address = await bitcoind.rpc<string>('getnewaddress')
    const text = await bitcoind.rpc<string>('sendtoaddress', address, 0.01)
    const entry = await bitcoind.rpc<{ wtxid: string }>('getmempoolentry', text)
    const mempool = await peer.getMempool()
    expect(mempool.map(({ hash }) => hashToHex(hash))).toContain(entry.wtxid)
    const reply = await peer.getTransactions([
      { kind: 'txid', hash: asTxid(txidFromHex(text)) },
      { kind: 'txid', hash: txidFromHex('34'.repeat(32)) },
    ])
    expect(reply.transactions.map((transaction) => hashToHex(txid(transaction)))).toEqual([text])
    expect(reply.notFound.map(({ hash }) => hashToHex(hash))).toEqual(['34'.repeat(32)])
    const byWtxid = await peer.getTransactions([{ kind: 'wtxid', hash: asWtxid(wtxidFromHex(entry.wtxid)) }])
    expect(byWtxid.transactions.map((transaction) => hashToHex(txid(transaction)))).toEqual([text])
  })

  it('counts the same bytes and messages as bitcoind does', async () => {
    await peer.ping()
    const info = peer.info()
    const seen = await seenByBitcoind(peer)
    expect(info.bytesSent).toBe(seen.bytesrecv)
    for (const command of ['version', 'verack', 'getdata', 'getheaders', 'getcfilters', 'getblocktxn']) {
      expect([command, info.sentByMessage[command]?.bytes]).toEqual([
        command,
        seen.bytesrecv_per_msg[command],
      ])
    }
    for (const command of ['version', 'verack', 'block', 'headers', 'cfilter', 'blocktxn']) {
      expect([command, info.receivedByMessage[command]?.bytes]).toEqual([
        command,
        seen.bytessent_per_msg[command],
      ])
    }
  })
})

describe('a real bitcoind', () => {
  it('sends a feeler on its way', async () => {
    const peer = await dial('v2', { kind: 'feeler' })
    expect((await peer.closed).reason).toEqual({ code: 'purpose-met', blame: 'none', purpose: 'feeler' })
  })

  it('ends the connection for a request that it does not meet, and the request says so', async () => {
    const peer = await dial('v2')
    const stopHash = blockHashFromHex('56'.repeat(32))
    await expect(peer.getCompactFilterCheckpoints({ stopHash })).rejects.toMatchObject({
      code: 'disconnected',
      reason: { code: 'remote-closed', state: 'ready' },
    })
  })

  it('announces a block to us by headers, which we asked for', async () => {
    const peer = await dial('v2')
    await peer.handshake
    const announced = (async () => {
      for await (const { message: told } of peer.messages()) {
        if (told.type === 'message' && told.message.type === 'headers') return told.message.headers
      }
      return []
    })()
    // It announces by headers to who has shown that it knows what comes before.
    await peer.getHeaders({ locator: [network.genesisHash] })
    const [mined] = await bitcoind.mine(1)
    expect((await announced).map((header) => hashToHex(blockHash(header)))).toEqual([mined])
    await peer.disconnect({ detail: 'seen' })
  })

  // Last of all: a clock that has been moved delays what bitcoind sends at random times.
  it('gives its addresses', async () => {
    const peer = await dial('v2')
    const addresses = peer.getAddresses()
    await peer.ping()
    // bitcoind sends addresses every half minute on average.
    await bitcoind.rpc('setmocktime', Math.floor(Date.now() / 1_000) + 600)
    expect((await addresses).length).toBeGreaterThan(1)
    expect((await addresses)[0]).toMatchObject({ address: { network: 'ipv4', port: 8333 } })
    await peer.disconnect()
  })
})
