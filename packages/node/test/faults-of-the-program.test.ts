import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { NodeComponents, NodeHandle, NodeMetrics } from '../src/index.ts'
import { mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const HERE = '1.2.3.4:18444'
const THERE = '5.6.7.8:18444'
const blocks = mineBlocks(regtest.genesis, 0, 20)

const reached: unknown[] = []
const onReached = (error: unknown): void => void reached.push(error)
beforeEach(() => {
  reached.length = 0
  process.on('unhandledRejection', onReached)
  process.on('uncaughtException', onReached)
})
afterEach(() => {
  process.off('unhandledRejection', onReached)
  process.off('uncaughtException', onReached)
})

function boom(): never {
  throw new Error('the program’s own')
}
const rejecting = (): Promise<never> => Promise.reject(new Error('the program’s own'))
const never = (): Promise<never> => new Promise(() => undefined)

function metricsThat(fail: () => unknown): NodeMetrics {
  const collector = { inc: fail, set: fail }
  const names = ['connections', 'dials', 'disconnects', 'addresses', 'tipHeight', 'blocksReceived'] as const
  return Object.fromEntries([...names, 'eventLoopDelay', 'memory'].map((name) => [name, collector]))
}

function loggerThat(fail: () => unknown): NodeComponents['logger'] {
  const level = fail
  return { debug: level, info: level, warn: level, error: level }
}

/** A sync of 20 blocks from a peer. @returns what the node says of itself in the end. */
async function work(
  components: Partial<NodeComponents>,
  prepare?: (node: NodeHandle) => void,
): Promise<void> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const serving = await startNode({ network, clock, address: THERE, blocks })
  const node = await startNode({ network, clock, address: HERE, components })
  prepare?.(node)
  void node.addPeer(THERE)
  // Nobody is there: failures are told and logged too.
  void node.addPeer('9.9.9.9:18444')
  const heights: number[] = []
  const reading = (async () => {
    for await (const { height } of node.blocks.range({ from: 1, to: 20 })) heights.push(height)
  })()
  for (let second = 0; second < 100 && heights.length < 20; second++) await clock.advance(1_000)
  await reading
  expect(heights).toHaveLength(20)
  await stopNodes(clock, node, serving)
  await clock.advance(120_000)
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
  expect(clock.pendingTimers).toBe(0)
}

const ways: readonly (readonly [string, () => unknown])[] = [
  ['throws', boom],
  ['rejects', rejecting],
  ['never settles', never],
  ['returns rubbish', () => 7],
]

it.each(ways)('a logger that %s is survived', async (_, fail) => {
  await work({ logger: loggerThat(fail)! })
})

it('a logger that lacks its methods is survived', async () => {
  await work({ logger: {} as never })
})

it.each(ways)('metrics that each %s are survived', async (_, fail) => {
  await work({ metrics: metricsThat(fail) })
})

it.each(ways)('a listener of events that %s is survived', async (_, fail) => {
  await work({}, (node) => {
    for (const name of ['phase', 'peer-ready', 'tip-changed', 'block-received', 'stopped'] as const) {
      node.events.on(name, fail)
    }
  })
})

it.each(ways)('a checker of blocks that %s is survived', async (_, fail) => {
  await work({ blockChecker: { check: fail as never } })
})

it.each(ways)('a listener for remotes whose close %s is survived', async (_, fail) => {
  await work({
    listeners: [{ listen: async () => ({ address: 'here', close: fail as never }) }],
  })
})

// What a stream's methods return beside reading and writing is nobody's: `void` in its type.
it.each(ways.filter(([way]) => way !== 'rejects'))(
  'a listener that gives a stream that %s when it is ended is survived',
  async (_, fail) => {
    const stream = { read: fail, write: fail, close: fail, abort: fail } as never
    await work({
      listeners: [
        {
          listen: async (onStream) => {
            onStream({ stream, via: 'tcp' })
            onStream({ stream: undefined as never, via: 'tcp' })
            onStream(undefined as never)
            return { address: 'here', close: async () => undefined }
          },
        },
      ],
    })
  },
)

it.each(ways)('a service for peers that %s is survived', async (_, fail) => {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const services = { headers: fail, block: fail, addresses: fail, transaction: fail } as never
  const serving = await startNode({ network, clock, address: THERE, components: { services } })
  const node = await startNode({ network, clock, address: HERE })
  void node.addPeer(THERE)
  await clock.advance(30_000)
  await stopNodes(clock, node, serving)
  await clock.advance(120_000)
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
})

it.each(['that we dial', 'that dials us'])(
  'an offer whose bits throw ends a connection %s, which keeps no place, and is made anew without it',
  async (way) => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const other = await startNode({ network, clock, address: THERE })
    const node = await startNode({ network, clock, address: HERE })
    const offer = node.serving.offer({ services: {}, bits: boom })
    const ends: unknown[] = []
    for (const name of ['connection-failed', 'inbound-refused'] as const)
      node.events.on(name, ({ error }) => ends.push(error))
    void (way === 'that we dial' ? node.addPeer(THERE) : other.addPeer(HERE))
    await clock.advance(10_000)
    expect(ends[0]).toMatchObject({ message: 'the program’s own' })
    expect(node.peers()).toEqual([])
    offer.withdraw()
    await clock.advance(60_000)
    expect(node.peers()).toHaveLength(1)
    await stopNodes(clock, node, other)
    await clock.advance(120_000)
    expect(clock.pendingTimers).toBe(0)
    expect(reached).toEqual([])
  },
)

it('says of itself what it holds, and how late its event loop is', async () => {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const node = await startNode({
    network,
    clock,
    address: HERE,
    node: { memoryLimit: 1_000_000 },
    components: { logger: silentLogger },
  })
  expect(node.info().memory).toMatchObject({ limit: 1_000_000, used: 0, evicted: 0 })
  expect(node.info().eventLoopDelay).toEqual({ mean: 0, max: 0 })
  await stopNodes(clock, node)
})

it('a listener that gives an address that is none has that connection ended, and no other', async () => {
  const wrong = [
    { network: 'ipv4', port: 1 },
    { network: 'ipv4', bytes: new Uint8Array(3), port: 1 },
    { network: 'nonsense', bytes: new Uint8Array(4), port: 1 },
    { network: 'ipv6', bytes: new Uint8Array(16).fill(0x20), port: -4 },
    'text',
    null,
  ]
  const ended: unknown[] = []
  const streamNamed = (name: unknown) =>
    ({
      read: never,
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
      abort: () => void ended.push(name),
    }) as never
  await work({
    listeners: [
      {
        listen: async (onStream) => {
          // More than may wait for the loop, so that those who wait are looked at, too.
          for (let round = 0; round < 50; round++) {
            for (const address of wrong) {
              onStream({ stream: streamNamed(address), via: 'tcp', address: address as never })
            }
          }
          expect(ended).toHaveLength(50 * wrong.length)
          const address = { network: 'ipv4', bytes: Uint8Array.of(8, 8, 8, 8), port: 1 } as const
          onStream({ stream: streamNamed('good'), via: 'tcp', address })
          expect(ended).not.toContain('good')
          return { address: 'here', close: async () => undefined }
        },
      },
    ],
  })
})
