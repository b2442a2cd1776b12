import { hashToHex, regtest } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { createNode, createTcpListener, type NodeHandle } from '../src/index.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const HERE = { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18_444 } as const

/** What a program in plain JavaScript may give. */
const wrong = (value: unknown): never => value as never

describe('createNode', () => {
  const never = { dial: () => Promise.reject(new Error('nobody is dialled')) }

  it.each<[string, unknown, unknown, string]>([
    ['no options', undefined, {}, 'createNode: options: expected an object of options, got undefined'],
    [
      'a name of a network',
      { network: 'regtest' },
      {},
      "networkByName('regtest') of @sapwood/wire-codec gives one",
    ],
    ['no network', {}, {}, 'createNode: options.network: expected a network, got undefined'],
    ['a mistyped option', { network: regtest, conect: [] }, {}, "no 'conect'; did you mean 'connect'?"],
    ['a component among the options', { network: regtest, store: {} }, {}, 'createNode(options, components)'],
    ["Core's name of an option", { network: regtest, addnode: [] }, {}, 'is called `addPeers`'],
    ['a nested option', { network: regtest, slots: { inbounds: 5 } }, {}, "did you mean 'inbound'?"],
    [
      "an option of the transport's",
      { network: regtest, transport: { sendTimeuot: 5 } },
      {},
      "'sendTimeout'?",
    ],
    [
      "an option of the peer's",
      { network: regtest, timeouts: { peer: { hanshake: 5 } } },
      {},
      "'handshake'?",
    ],
    ['a peer that is no list', { network: regtest, connect: '127.0.0.1' }, {}, 'put it into [ ]'],
    ['service bits as a number', { network: regtest, services: 9 }, {}, 'write 9n'],
    ['more service bits than there are', { network: regtest, services: 1n << 64n }, {}, 'there are 64'],
    ['fewer service bits than none', { network: regtest, servicesWanted: -1n }, {}, 'there are 64'],
    [
      'a user agent that no message holds',
      { network: regtest, userAgent: 'ä'.repeat(257) },
      {},
      '256 characters',
    ],
    ['a user agent of no bytes', { network: regtest, userAgent: '/\u65e5/' }, {}, 'Latin-1'],
    ['a fee below 0', { network: regtest, transactions: { feeFilter: -1n } }, {}, 'expected satoshi'],
    ['too much garbage', { network: regtest, transport: { garbageLength: 5_000 } }, {}, 'from 0 to 4095'],
    ['no memory at all', { network: regtest, memoryLimit: 0 }, {}, 'a number above 0, got 0'],
    ['a window of no block', { network: regtest, blocks: { window: 0 } }, {}, 'a number, 1 or more, got 0'],
    [
      'no block of any peer',
      { network: regtest, blocks: { inFlightPerPeer: Number.NaN } },
      {},
      'a number, 1 or more, got NaN',
    ],
    [
      'a queue of nothing',
      { network: regtest, limits: { maxQueuedRequests: 0 } },
      {},
      'a whole number, 1 or more',
    ],
    [
      'a queue without an end',
      { network: regtest, limits: { messageQueue: Number.POSITIVE_INFINITY } },
      {},
      'a whole number, 1 or more',
    ],
    [
      'nothing that may wait',
      { network: regtest, limits: { maxUnhandledBytes: 0 } },
      {},
      'limits.maxUnhandledBytes: expected a number above 0',
    ],
    [
      'a store that is not awaited',
      { network: regtest },
      { store: Promise.resolve({}) },
      'await openStore(…) first',
    ],
    [
      'a listener that is no list',
      { network: regtest },
      { listeners: createTcpListener() },
      'put it into [ ]',
    ],
    ['a service that is none', { network: regtest }, { services: { block: 7 } }, 'services.block'],
    ['a mistyped component', { network: regtest }, { loger: console }, "did you mean 'logger'?"],
    [
      'a network that is no registry',
      { network: regtest, registry: regtest },
      {},
      'createRegistry(baseRegistry, codec)',
    ],
  ])('%s', async (_, options, components, message) => {
    const all = typeof components === 'object' ? { dialer: never, ...components } : components
    await expect(createNode(wrong(options), wrong(all))).rejects.toMatchObject({
      name: 'NodeError',
      code: 'invalid-argument',
      message: expect.stringContaining(message) as string,
    })
  })
})

describe('a call of the handle', () => {
  it.each<[string, (node: NodeHandle) => unknown, string]>([
    ['getBlock of hex', (node) => node.getBlock(wrong(hashToHex(regtest.genesisHash))), 'blockHashFromHex'],
    ['chain.heightOf of hex', (node) => node.chain.heightOf(wrong('00')), 'blockHashFromHex'],
    ['chain.get of 31 bytes', (node) => node.chain.get(wrong(new Uint8Array(31))), 'got 31 bytes'],
    ['waitForHeight of a text', (node) => node.chain.waitForHeight(wrong('5')), "got the text '5'"],
    [
      'a signal that is a controller',
      (node) => node.chain.waitForSync({ signal: wrong(new AbortController()) }),
      'its `signal` is one',
    ],
    ['a mistyped option', (node) => node.chain.waitForSync(wrong({ timout: 5 })), "did you mean 'timeout'?"],
    [
      'broadcast of hex',
      (node) => node.transactions.broadcast(wrong('00')),
      'decodeTransaction(hexToBytes(…))',
    ],
    ['getTransaction of hex', (node) => node.transactions.getTransaction(wrong('00')), 'txidFromHex'],
    [
      'subscribe to an address',
      (node) => node.transactions.subscribe(wrong({ scripts: ['bcrt1q'] })),
      'scripts[0]: expected bytes',
    ],
    ['events by the thousand, perhaps', (node) => node.events.subscribe({ buffer: Number.NaN }), 'got NaN'],
    ['events of any size', (node) => node.events.subscribe(wrong({ bufferBytes: '1' })), "got the text '1'"],
    ['an offer of nothing', (node) => node.serving.offer(wrong({ bits: () => 0n })), 'offer.services'],
    ['an offer without bits', (node) => node.serving.offer(wrong({ services: {} })), 'offer.bits'],
    [
      'an offer of what answers nobody',
      (node) => node.serving.offer(wrong({ services: { block: 7 }, bits: () => 0n })),
      'services.block: expected a function, got 7',
    ],
    ['an event at no time', (node) => node.events.next('phase', { timeout: Number.NaN }), 'got NaN'],
    ['transactions without end', (node) => node.transactions.subscribe({}, { buffer: -1 }), 'got -1'],
    [
      'addresses with more services than there are',
      (node) => node.addresses.add([{ address: HERE, services: 1n << 64n, time: 1 }], HERE),
      'there are 64',
    ],
    [
      'addresses of no time',
      (node) => node.addresses.add([{ address: HERE, services: 1n, time: Number.NaN }], HERE),
      'in 32 bits, got NaN',
    ],
    [
      'scan for hex',
      (node) => node.filters.scan(wrong({ scripts: ['00'], from: 0, to: 0 })).next(),
      'hexToBytes',
    ],
  ])('%s', async (_, call, message) => {
    const clock = createVirtualClock()
    const node = await startNode({
      network: createMemoryNetwork(),
      clock,
      address: '1.2.3.4:18444',
      node: { filters: true },
    })
    await expect((async () => call(node))()).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(message) as string,
    })
    await stopNodes(clock, node)
  })
})
