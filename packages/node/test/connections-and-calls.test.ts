import { blockHash, Services } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import type { ByteStream } from '@sapwood/transport-v1v2'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BlockDownload } from '../src/blocks/block-download.ts'
import { StorableHeaderChain } from '../src/chain/header-chain.ts'
import { HeaderSync } from '../src/chain/header-sync.ts'
import { createMemoryStore, type NodeEvent, type NodeHandle } from '../src/index.ts'
import { address, FULL_NODE } from './support/addresses.ts'
import { mineBlocks, mineHeaders, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes, type StartOptions } from './support/start-node.ts'
import { wallTime } from './support/peer-ids.ts'
import { headersOf } from '../src/chain/header-source.ts'

const US = '1.2.3.4:18444'
const A = '5.6.7.8:18444'
const B = '9.10.11.12:18444'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let network = createMemoryNetwork()
let clock = createVirtualClock()
let nodes: NodeHandle[] = []

beforeEach(() => {
  network = createMemoryNetwork()
  clock = createVirtualClock()
  nodes = []
})

afterEach(async () => {
  await stopNodes(clock, ...nodes)
  // Nothing that was started is left behind, whatever the test did.
  expect(clock.pendingTimers).toBe(0)
})

async function start(at: string, options: Partial<StartOptions> = {}): Promise<NodeHandle> {
  const node = await startNode({ network, clock, address: at, ...options })
  nodes.push(node)
  return node
}

/** Everything that happens from now on. */
function record(node: NodeHandle): NodeEvent[] {
  const events: NodeEvent[] = []
  void (async () => {
    for await (const event of node.events.subscribe()) events.push(event)
  })()
  return events
}

function of<Type extends NodeEvent['type']>(events: readonly NodeEvent[], type: Type) {
  return events.filter((event): event is Extract<NodeEvent, { type: Type }> => event.type === type)
}

/** Settles a promise that needs time to pass, and says how. */
async function outcome<T>(promise: Promise<T>, milliseconds = 5_000): Promise<T> {
  const settled = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  await clock.advance(milliseconds)
  const result = await settled
  if ('error' in result) throw result.error
  return result.value
}

describe('faults of the reference that this node does not have', () => {
  it('a ban of 24 hours lasts 24 hours, also over a restart, is listed and lifted', async () => {
    const store = createMemoryStore()
    const a = await start(A)
    const us = await start(US, { components: { store } })
    await outcome(us.network.connectPeer(A))
    const events = record(us)
    await outcome(us.bans.ban('5.6.7.0/24', { reason: 'test' }))
    expect(us.peers()).toEqual([])
    expect(of(events, 'peer-disconnected')).toMatchObject([
      { reason: { code: 'requested', detail: 'banned' } },
    ])
    await expect(outcome(us.addPeer(A, { once: true }))).rejects.toMatchObject({ code: 'address-banned' })

    nodes = nodes.filter((node) => node !== us)
    await stopNodes(clock, us)
    await clock.advance(23 * HOUR)
    const again = await start(US, { components: { store } })
    expect(again.bans.bans()).toMatchObject([{ text: '5.6.7.0/24', reason: 'test' }])
    // Its address cannot dial us either.
    const refused = record(again)
    await outcome(a.addPeer(US, { once: true }))
    expect(new Set(of(refused, 'inbound-refused').map(({ why }) => why))).toEqual(new Set(['banned']))
    const later = record(again)
    await clock.advance(HOUR)
    expect(again.bans.bans()).toEqual([])
    expect(of(later, 'ban-lifted')).toMatchObject([{ why: 'expired' }])
  })

  it.each<[string, { readonly duration?: number; readonly until?: Date }]>([
    ['without an end', { duration: Number.POSITIVE_INFINITY }],
    ['of more milliseconds than a date has', { duration: 1e300 }],
    ['to the last of all dates', { until: new Date(8.64e15) }],
  ])('a ban %s is there after a restart', async (_, options) => {
    const store = createMemoryStore()
    const us = await start(US, { components: { store } })
    const { expiresAt } = await outcome(us.bans.ban('5.6.7.0/24', options))
    expect(new Date(expiresAt).getTime()).toBe(expiresAt)
    nodes = nodes.filter((node) => node !== us)
    await stopNodes(clock, us)
    const again = await start(US, { components: { store } })
    expect(again.bans.bans()).toMatchObject([{ text: '5.6.7.0/24', expiresAt }])
    await expect(outcome(again.bans.ban('5.6.8.0/24', { duration: Number.NaN }))).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  })

  it('anchors hold the addresses of block-relay-only peers, and are dialled first', async () => {
    const store = createMemoryStore()
    await start(A, { node: { services: FULL_NODE } })
    const us = await start(US, {
      components: { store },
      node: { slots: { fullRelay: 0, blockRelayOnly: 1, feelers: false } },
    })
    await us.addresses.add([{ address: address(A), services: FULL_NODE, time: clock.now() / 1000 }], A)
    await clock.advance(5_000)
    expect(us.peers()).toMatchObject([{ connectionKind: 'block-relay-only', state: 'ready' }])
    nodes = nodes.filter((node) => node !== us)
    await stopNodes(clock, us)

    network.dialled.length = 0
    const again = await start(US, { components: { store }, node: { slots: { blockRelayOnly: 1 } } })
    await clock.advance(2_000)
    expect(network.dialled[0]).toBe(A)
    expect(again.peers()).toMatchObject([{ connectionKind: 'block-relay-only' }])
    // Forgotten by the store as soon as they were read.
    for await (const entry of store.namespace('anchors').entries()) expect(entry).toBeUndefined()
  })

  it('a call never hangs: getBlock ends at its deadline, by its signal, at the stop', async () => {
    const us = await start(US)
    const [block] = mineBlocks(regtest.genesis, 0, 1)
    const hash = blockHash(block!.header)
    await expect(outcome(us.getBlock(hash))).rejects.toMatchObject({ code: 'unknown-block' })
    await us.chain.submitHeaders([block!.header])
    // Nobody is connected.
    await expect(outcome(us.getBlock(hash, { timeout: 1_000 }))).rejects.toMatchObject({
      code: 'timeout',
      limit: 1_000,
    })
    const abort = new AbortController()
    const aborted = us.getBlock(hash, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(outcome(aborted)).rejects.toThrow('enough')
    const untilStop = expect(us.getBlock(hash)).rejects.toMatchObject({ code: 'stopped' })
    await stopNodes(clock, us)
    await untilStop
    await expect(us.getBlock(hash)).rejects.toMatchObject({ code: 'stopped' })
  })

  it('getBlock is asked of another peer when the first ends, and two calls share one download', async () => {
    const blocks = mineBlocks(regtest.genesis, 0, 3)
    const serving = { services: FULL_NODE }
    const a = await start(A, {
      blocks,
      node: serving,
      components: { services: { block: () => new Promise(() => undefined) } },
    })
    const us = await start(US)
    await outcome(us.network.connectPeer(A))
    await clock.advance(5_000)
    const hash = blockHash(blocks[2]!.header)
    const calls = Promise.all([us.getBlock(hash), us.getBlock(hash)])
    await clock.advance(1_000)
    await start(B, { blocks, node: serving })
    await outcome(us.network.connectPeer(B))
    nodes = nodes.filter((node) => node !== a)
    await stopNodes(clock, a)
    const [one, two] = await outcome(calls)
    expect(one.height).toBe(3)
    expect(two.block).toBe(one.block)
  })

  it('the error of a dial reaches the program, and the address is tried again later each time, a minute at most', async () => {
    const us = await start(US)
    const events = record(us)
    await outcome(us.addPeer(A), 10 * MINUTE)
    const failed = of(events, 'connection-failed')
    expect(failed.length).toBeGreaterThan(6)
    expect(failed.length).toBeLessThan(30)
    expect(failed[0]).toMatchObject({
      kind: 'manual',
      error: { name: 'TransportError', code: 'dial-failed' },
    })
    expect(failed.at(-1)?.retryIn).toBeGreaterThan(8 * failed[0]!.retryIn!)
    expect(us.network.addedPeers()).toMatchObject([{ text: A, failures: failed.length }])
    await start(A)
    await outcome(us.events.next('peer-ready'), 10 * MINUTE)
    await expect(outcome(us.addPeer(A))).rejects.toMatchObject({ code: 'already-added' })
    await outcome(us.network.removePeer(A))
    expect(us.peers()).toEqual([])
    await expect(outcome(us.network.removePeer(A))).rejects.toMatchObject({ code: 'not-added' })
  })

  it('every connection ends with a reason', async () => {
    const streams: ByteStream[] = []
    network.answer(A, (stream) => streams.push(stream))
    const us = await start(US)
    const events = record(us)
    await start(B)
    await outcome(us.network.connectPeer(B, { once: true }))
    const peer = us.peers()[0]!.id
    await outcome(us.disconnectPeer(peer, { detail: 'because' }))
    // One that is still being connected to can be ended as well.
    const pending = await outcome(us.addPeer(A, { once: true }), 100)
    expect(await outcome(us.disconnectPeer(pending))).toBeUndefined()
    await expect(outcome(us.disconnectPeer(pending))).rejects.toMatchObject({ code: 'unknown-peer' })
    expect(of(events, 'peer-disconnected')).toMatchObject([
      { peer, reason: { code: 'requested', detail: 'because' } },
    ])
    expect(of(events, 'connection-failed')).toMatchObject([{ peer: pending }])
    const connected = of(events, 'peer-connected').map((event) => event.peer)
    expect(of(events, 'peer-disconnected').map((event) => event.peer)).toEqual(connected)
  })

  it('a remote that says nothing is given up, and stalls nobody', async () => {
    const streams: ByteStream[] = []
    network.answer(A, (stream) => streams.push(stream))
    const headers = mineHeaders(regtest.genesis, 5)
    const b = await start(B)
    await b.chain.submitHeaders(headers)
    const us = await start(US)
    const events = record(us)
    await outcome(us.addPeer(A, { once: true }), 10)
    await outcome(us.network.connectPeer(B))
    await clock.advance(5_000)
    expect(us.info().phase).toBe('running')
    expect(us.chain.tip().height).toBe(5)
    await clock.advance(2 * MINUTE)
    // Silence in answer to v2 is taken for a v1 peer, by the rule of `eagerFallback`; that was no better.
    expect(of(events, 'peer-disconnected')).toMatchObject([{ reason: { code: 'handshake-timeout' } }])
  })

  it('dials under way count: slots are never overshot', async () => {
    const streams: ByteStream[] = []
    const reports = []
    for (let i = 0; i < 40; i++) {
      const text = `${30 + i}.1.1.1:18444`
      network.answer(text, (stream) => streams.push(stream))
      reports.push({ address: address(text), services: FULL_NODE, time: clock.now() / 1000 })
    }
    const us = await start(US, { node: { slots: { fullRelay: 3, blockRelayOnly: 1, feelers: false } } })
    await us.addresses.add(reports, '77.7.7.7')
    await clock.advance(5_000)
    expect(network.dialled).toHaveLength(4)
    expect(new Set(network.dialled).size).toBe(4)
    for (const stream of streams) stream.abort(new Error('test'))
  })

  it('addresses of a network that nothing reaches are neither kept nor dialled', async () => {
    const onion = 'kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion:8333'
    await start(A, { node: { services: FULL_NODE } })
    const us = await start(US)
    await us.addresses.add(
      [{ address: address(onion), services: FULL_NODE, time: clock.now() / 1000 }],
      '77.7.7.7',
    )
    await clock.advance(MINUTE)
    expect(network.dialled).toEqual([])
    expect(us.info().network.networks).toContainEqual({ name: 'torv3', reachable: false })
  })

  it('with a fixed list nobody else is asked: no DNS, no seeds, no feelers', async () => {
    const asked: string[] = []
    const resolver = {
      resolve: async (host: string) => {
        asked.push(host)
        return []
      },
    }
    await start(A)
    const us = await start(US, {
      node: { connect: [A, A, B], dnsSeeds: ['seed.example'], fixedSeeds: true },
      components: { resolver },
    })
    await us.addresses.add(
      [{ address: address('44.4.4.4:18444'), services: FULL_NODE, time: clock.now() / 1000 }],
      A,
    )
    await clock.advance(10 * MINUTE)
    expect(asked).toEqual([])
    expect(new Set(network.dialled)).toEqual(new Set([A, B]))
    expect(us.peers()).toMatchObject([{ connectionKind: 'manual' }])
  })

  it('answers of DNS are not taken for addresses that worked, and a dead seed is no error', async () => {
    const resolver = {
      resolve: async (host: string) => {
        if (host.endsWith('dead.example')) throw new Error('SERVFAIL')
        return [address('44.4.4.4:18444')]
      },
    }
    const us = await start(US, {
      node: {
        dnsSeeds: ['dead.example', 'live.example'],
        slots: { fullRelay: 0, blockRelayOnly: 0, feelers: false },
      },
      components: { resolver },
    })
    await clock.advance(1_000)
    expect(us.addresses.counts()).toMatchObject({ new: 1, tried: 0 })
    expect(us.addresses.get('44.4.4.4:18444')).toMatchObject({
      services: Services.NETWORK | Services.WITNESS,
    })
  })

  it('a peer that lies about headers is discouraged, and the rest of its batch is not looked at', async () => {
    const good = mineHeaders(regtest.genesis, 3)
    // Linked, and with a difficulty that regtest does not have.
    const bad = [...good, { ...good[2]!, previousBlockHash: blockHash(good[2]!), bits: 0x1d00ffff }]
    const a = await start(A, {
      node: { services: FULL_NODE },
      components: { services: { headers: () => bad } },
    })
    const us = await start(US, { node: { slots: { fullRelay: 1, blockRelayOnly: 0, feelers: false } } })
    await us.addresses.add([{ address: address(A), services: FULL_NODE, time: clock.now() / 1000 }], A)
    const events = record(us)
    await clock.advance(10_000)
    expect(of(events, 'discouraged')).toMatchObject([{ address: { port: 18444 } }])
    expect(us.peers()).toEqual([])
    network.dialled.length = 0
    await clock.advance(10 * MINUTE)
    expect(network.dialled).toEqual([])
    // A peer added by hand is not punished.
    await outcome(us.network.connectPeer(A))
    await clock.advance(10_000)
    expect(us.peers()).toHaveLength(1)
    expect(a.peers()).toHaveLength(1)
  })

  it('does not connect to itself', async () => {
    const us = await start(US)
    const events = record(us)
    await expect(outcome(us.network.connectPeer(US, { once: true }))).rejects.toMatchObject({
      code: 'connection-failed',
    })
    expect(of(events, 'peer-disconnected').map(({ reason }) => reason.code)).toContain('self-connection')
  })

  it('a feeler finds out who is alive, and ends', async () => {
    await start(A, { node: { services: FULL_NODE } })
    const us = await start(US, { node: { slots: { fullRelay: 0, blockRelayOnly: 0 } } })
    await start(B, { node: { services: FULL_NODE } })
    await outcome(us.network.connectPeer(B))
    const services = FULL_NODE | Services.P2P_V2
    await us.addresses.add([{ address: address(A), services, time: clock.now() / 1000 }], A)
    const events = record(us)
    await clock.advance(20 * MINUTE)
    expect(us.addresses.get(A)).toMatchObject({ table: 'tried', protocol: 'v2' })
    expect(of(events, 'peer-disconnected')).toContainEqual(
      expect.objectContaining({ kind: 'feeler', reason: expect.objectContaining({ code: 'purpose-met' }) }),
    )
  })

  it('feelers that meet silence end too, one after the other, and none is forgotten', async () => {
    const streams: ByteStream[] = []
    const services = FULL_NODE
    const us = await start(US, { node: { slots: { fullRelay: 0, blockRelayOnly: 0 } } })
    await start(B, { node: { services: FULL_NODE } })
    await outcome(us.network.connectPeer(B))
    for (const at of ['31.1.1.1:18444', '32.1.1.1:18444', '33.1.1.1:18444']) {
      network.answer(at, (stream) => streams.push(stream))
      await us.addresses.add([{ address: address(at), services, time: clock.now() / 1000 }], at)
    }
    const events = record(us)
    await clock.advance(2 * HOUR)
    const begun = of(events, 'peer-connecting').filter(({ kind }) => kind === 'feeler')
    const ended = [...of(events, 'peer-disconnected'), ...of(events, 'connection-failed')]
    expect(begun.length).toBeGreaterThanOrEqual(3)
    const over = new Set(ended.map(({ peer }) => peer))
    for (const { peer, at } of begun) if (clock.now() - at > 5 * MINUTE) expect(over).toContain(peer)
    for (const stream of streams) stream.abort(new Error('test'))
  })

  it('a peer that is removed is disconnected, and not dialled again', async () => {
    await start(A)
    const us = await start(US)
    await outcome(us.network.connectPeer(A))
    expect(us.network.addedPeers()).toHaveLength(1)
    await outcome(us.network.removePeer(A))
    expect(us.peers()).toEqual([])
    const dials = network.dialled.length
    await clock.advance(HOUR)
    expect(network.dialled).toHaveLength(dials)
  })

  it('an extra peer is a peer: its headers count, blocks are asked of it, and it is listed', async () => {
    const blocks = mineBlocks(regtest.genesis, 0, 5)
    await start(A, { blocks, node: { services: FULL_NODE } })
    const us = await start(US)
    await outcome(us.network.connectPeer(A, { kind: 'extra' }))
    expect(us.peers()).toMatchObject([{ connectionKind: 'extra', services: FULL_NODE }])
    const reading = us.blocks.range({ from: 1, to: 5 })
    const heights: number[] = []
    await outcome(
      (async () => {
        for await (const { height } of reading) heights.push(height)
      })(),
      10_000,
    )
    expect(heights).toEqual([1, 2, 3, 4, 5])
  })

  it('what a peer sent before it went away ends nothing when it is read after that', () => {
    const chain = new StorableHeaderChain({ network: regtest })
    const sync = new HeaderSync({}, { chain, random: createSeededRandom(1), wallTime })
    const download = new BlockDownload({}, { chain, wallTime })
    const [block] = mineBlocks(regtest.genesis, 0, 1)
    const gone = peerId(7)
    expect(sync.onHeaders(gone, headersOf([block!.header]), clock.now())).toEqual([])
    expect(sync.onBlockInventory(gone, [blockHash(block!.header)], clock.now())).toEqual([])
    expect(download.onBlock(gone, block!, clock.now())).toEqual([])
    expect(download.peerHas(gone, blockHash(block!.header), clock.now())).toEqual([])
    expect(download.onNotFound(gone, [blockHash(block!.header)], clock.now())).toEqual([])
    expect(chain.tip().height).toBe(0)
  })

  it('the network can be switched off and on', async () => {
    await start(A)
    const us = await start(US)
    await outcome(us.network.connectPeer(A))
    await outcome(us.network.setActive(false))
    expect(us.peers()).toEqual([])
    await expect(outcome(us.addPeer(B))).rejects.toMatchObject({ code: 'network-inactive' })
    await clock.advance(5 * MINUTE)
    expect(us.peers()).toEqual([])
    await outcome(us.network.setActive(true), 10 * MINUTE)
    expect(us.peers()).toMatchObject([{ state: 'ready' }])
  })
})
