import { blockHash, bytesToHex, Services, sha256, type UtreexoProof } from '@sapwood/wire-codec'
import { bentProofs } from '@sapwood/utreexo/testing'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NodeEvent, NodeHandle, NodeOptions, ProvedItem } from '../src/index.ts'
import { createMemoryStore, type OpenStore } from '../src/index.ts'
import { FULL_NODE } from './support/addresses.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { blockServices, startNode, stopNodes } from './support/start-node.ts'
import { makeProvedChain, type ProofLie, proofServices, type ProvedChain } from './support/utreexo-chain.ts'

const CLIENT = '9.9.9.9:18444'
const BRIDGE = FULL_NODE | Services.UTREEXO | Services.UTREEXO_ARCHIVE
const HEIGHT = 140
const chain = makeProvedChain(HEIGHT)

let network: MemoryNetwork
let clock: VirtualClock
let servers: NodeHandle[]
let clients: NodeHandle[]
let events: NodeEvent[]

beforeEach(() => {
  network = createMemoryNetwork()
  clock = createVirtualClock()
  servers = []
  clients = []
  events = []
})

afterEach(async () => {
  await stopNodes(clock, ...clients, ...servers)
  expect(clock.pendingTimers).toBe(0)
})

async function follower(options: Partial<NodeOptions> = {}, store?: OpenStore): Promise<NodeHandle> {
  const client = await startNode({
    network,
    clock,
    address: CLIENT,
    node: { utreexo: true, ...options },
    components: store === undefined ? {} : { store },
  })
  clients.push(client)
  for (const name of [
    'proof-invalid',
    'proof-late',
    'no-utreexo-peer',
    'utreexo-suspected',
    'utreexo-stopped',
    'utreexo-history-proved',
    'discouraged',
    'block-invalid',
  ] as const)
    client.events.on(name, (event) => events.push(event))
  return client
}

/** A node that serves blocks, and proofs where it says so. */
async function serve(
  lie: ProofLie = (proof) => proof,
  options: {
    readonly chain?: ProvedChain
    readonly services?: bigint
    readonly asked?: (height: number) => void
  } = {},
): Promise<{ readonly address: string; readonly node: NodeHandle }> {
  const { chain: own = chain, services = BRIDGE, asked } = options
  const address = `1.${servers.length + 1}.3.4:18444`
  const node = await startNode({
    network,
    clock,
    address,
    node: { services },
    components: { services: { ...blockServices(own.blocks), ...proofServices([own], lie, asked) } },
  })
  const submitting = node.chain.submitHeaders(own.blocks.map(({ header }) => header))
  await clock.advance(0)
  await submitting
  servers.push(node)
  return { address, node }
}

/** Connects as the node does for itself: a manual peer is protected, and never ended. */
async function connect(client: NodeHandle, address: string): Promise<void> {
  await run(client.network.connectPeer(address, { kind: 'outbound-full-relay' }))
}

/** Runs the clock until the promise has settled. */
async function run<T>(promise: Promise<T>, seconds = 600): Promise<T> {
  const state = { settled: false }
  void promise.finally(() => (state.settled = true)).catch(() => undefined)
  for (let step = 0; step < 10 * seconds && !state.settled; step++) await clock.advance(100)
  if (!state.settled) throw new Error('not settled')
  return promise
}

/** Runs the clock until a client has proved that many blocks. */
async function provedUpTo(client: NodeHandle, height: number, seconds = 600): Promise<void> {
  for (let step = 0; step < 10 * seconds; step++) {
    if (client.utreexo.state()?.height === height) return
    await clock.advance(100)
  }
  throw new Error(`proved up to ${client.utreexo.state()?.height} only`)
}

const rootsOf = (client: NodeHandle): string[] => client.utreexo.state()!.roots.map(bytesToHex)
const rootsAt = (height: number, of = chain): string[] => of.stumps[height]!.roots.map(bytesToHex)
const told = (type: NodeEvent['type']): NodeEvent[] => events.filter((event) => event.type === type)

describe('a node that follows proofs', () => {
  it('comes to the same roots as who has all coins, with the spent outputs of every input', async () => {
    const client = await follower()
    const items: ProvedItem[] = []
    const reading = (async () => {
      for await (const item of client.utreexo.follow({ from: 1 })) {
        items.push(item)
        if (item.type === 'block' && item.height === HEIGHT) break
      }
    })()
    await connect(client, (await serve()).address)
    await connect(client, (await serve()).address)
    await run(reading)
    await provedUpTo(client, HEIGHT)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(client.utreexo.state()!.leaves).toBe(chain.stumps[HEIGHT]!.leaves)
    expect(items.map((item) => (item.type === 'block' ? item.height : -1))).toEqual(
      Array.from({ length: HEIGHT }, (_, n) => n + 1),
    )
    const last = items.at(-1)!
    expect(last.type === 'block' && last.spent.map((each) => each.map(({ amount }) => amount))).toEqual([
      [],
      [5_000_000_000n],
      [1_000_000_000n, 1_000_000_000n],
    ])
    expect(client.info().utreexo).toMatchObject({ height: HEIGHT, behind: 0, peers: 2, archivePeers: 2 })
    expect(events).toEqual([])
  })
})

/** Each lie is told of blocks from 120 on, so that the state before them is a good one. */
const from120 =
  (lie: (proof: UtreexoProof) => UtreexoProof | undefined): ProofLie =>
  (proof, height) =>
    height < 120 ? proof : lie(proof)
describe('a bridge that lies', () => {
  it.each(bentProofs)(
    'with $name is let go and not spoken to again, and the block is proved by another',
    async ({ bend }) => {
      const client = await follower()
      const liar = await serve(from120(bend))
      await connect(client, liar.address)
      await provedUpTo(client, 119)
      await clock.advance(5_000)
      expect(client.utreexo.state()!.height).toBe(119)
      await connect(client, (await serve()).address)
      await provedUpTo(client, HEIGHT)
      await clock.advance(1_000)
      expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
      expect(told('proof-invalid').length).toBeGreaterThan(0)
      expect(told('discouraged')).toMatchObject([{ address: { bytes: Uint8Array.of(1, 1, 3, 4) } }])
      expect(told('block-invalid')).toEqual([])
      expect(told('utreexo-suspected')).toEqual([])
    },
  )
})

describe('a bridge that does not answer', () => {
  it('is not waited for where there is another', async () => {
    const client = await follower()
    await connect(client, (await serve(() => undefined)).address)
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT, 60)
    expect(told('discouraged')).toEqual([])
  })

  it('seven of them cost no more than half a minute', async () => {
    const client = await follower()
    for (let silent = 0; silent < 7; silent++) await connect(client, (await serve(() => undefined)).address)
    const honest = await serve(async (proof) => {
      await new Promise<void>((resolve) => clock.setTimer(30, () => resolve()))
      return proof
    })
    await connect(client, honest.address)
    await provedUpTo(client, HEIGHT, 30)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(told('discouraged')).toEqual([])
    await clock.advance(30_000)
  })

  it('is passed over after three silences, asked again later, and not blamed', async () => {
    const asked: number[] = []
    let isSilent = true
    const client = await follower({ utreexo: { proofTimeout: 5_000, window: 1 } })
    const { address } = await serve((proof) => (isSilent ? undefined : proof), {
      asked: (height) => asked.push(height),
    })
    await connect(client, address)
    await clock.advance(60_000)
    expect(told('proof-late')).toHaveLength(3)
    expect(asked).toHaveLength(3)
    isSilent = false
    await provedUpTo(client, HEIGHT, 200)
    expect(told('discouraged')).toEqual([])
  })

  it('slow, holds up no more than what it was asked for', async () => {
    const client = await follower()
    const slow = await serve(async (proof) => {
      await new Promise<void>((resolve) => clock.setTimer(10_000, () => resolve()))
      return proof
    })
    await connect(client, slow.address)
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT, 60)
    expect(told('proof-late')).toEqual([])
    await clock.advance(60_000)
    expect(told('discouraged')).toEqual([])
  })

  it('is told of where there is none that offers proofs, and nothing hangs when one comes', async () => {
    const client = await follower()
    await connect(client, (await serve(undefined, { services: FULL_NODE })).address)
    await clock.advance(30_000)
    expect(client.utreexo.state()!.height).toBe(100)
    expect(told('no-utreexo-peer')).toHaveLength(1)
    expect(client.info().utreexo).toMatchObject({ height: 100, behind: 40, peers: 0 })
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT)
    expect(told('no-utreexo-peer')).toHaveLength(1)
  })
})

describe('a block that its spent outputs forbid', () => {
  it('costs its sender, leaves the chain, and the bridge is not blamed', async () => {
    const client = await follower({
      utreexo: {
        validateScripts: (_, height) => {
          if (height === 130) throw new Error('not my script')
        },
      },
    })
    await connect(client, (await serve(undefined, { services: FULL_NODE })).address)
    const bridge = await serve()
    await run(client.network.connectPeer(bridge.address))
    await provedUpTo(client, 129)
    await clock.advance(5_000)
    expect(told('block-invalid')).toMatchObject([{ block: { height: 130 }, rule: 'script' }])
    expect(client.chain.tip().height).toBe(129)
    expect(client.utreexo.state()!.height).toBe(129)
    expect(rootsOf(client)).toEqual(rootsAt(129))
    expect(told('proof-invalid')).toEqual([])
  })
})

describe('a script engine that answers later', () => {
  it('is waited for, and what it refuses leaves the chain', async () => {
    const seen: number[] = []
    const client = await follower({
      utreexo: {
        validateScripts: async (_, height) => {
          await new Promise<void>((resolve) => clock.setTimer(height === 130 ? 5_000 : 0, () => resolve()))
          seen.push(height)
          if (height === 130) throw new Error('not my script')
        },
      },
    })
    await connect(client, (await serve(undefined, { services: FULL_NODE })).address)
    await run(client.network.connectPeer((await serve()).address))
    await provedUpTo(client, 129)
    await clock.advance(10_000)
    expect(told('block-invalid')).toMatchObject([{ block: { height: 130 }, rule: 'script' }])
    expect(client.utreexo.state()!.height).toBe(129)
    expect(seen).toEqual(Array.from({ length: 130 }, (_, n) => n + 1))
  })

  it('never, does not keep a node from stopping', async () => {
    const client = await follower({ utreexo: { validateScripts: () => new Promise<void>(() => undefined) } })
    await connect(client, (await serve()).address)
    await clock.advance(5_000)
    expect(client.utreexo.state()!.height).toBe(0)
    await stopNodes(clock, client)
    clients.length = 0
    expect(told('utreexo-stopped')).toEqual([])
  })
})

describe('a reorg', () => {
  const other = makeProvedChain(HEIGHT + 5, { fork: 125, salt: 1 })

  it('takes back what was proved, and goes on from the roots of the fork', async () => {
    const client = await follower()
    const items: ProvedItem[] = []
    const reading = (async () => {
      for await (const item of client.utreexo.follow({ from: 120 })) {
        items.push(item)
        if (item.type === 'block' && item.height === HEIGHT + 5) break
      }
    })()
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT)
    await connect(client, (await serve(undefined, { chain: other })).address)
    await run(reading)
    await provedUpTo(client, HEIGHT + 5)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT + 5, other))
    const reorgs = items.filter((item) => item.type === 'reorg')
    expect(reorgs).toMatchObject([{ why: 'chain', fork: { height: 125 } }])
    expect(reorgs[0]!.disconnected.map(({ height }) => height)).toEqual(
      Array.from({ length: 15 }, (_, n) => HEIGHT - n),
    )
    expect(items.filter(({ type }) => type === 'block')).toHaveLength(21 + 20)
    expect(told('utreexo-suspected')).toEqual([])
    expect(told('discouraged')).toEqual([])
  })
})

describe('the state', () => {
  it('outlives the node, whose next run goes on from it', async () => {
    const store = createMemoryStore()
    const client = await follower({}, store)
    const asked: number[] = []
    const { address } = await serve(undefined, { asked: (height) => asked.push(height) })
    await connect(client, address)
    await provedUpTo(client, HEIGHT)
    await stopNodes(clock, client)
    clients.length = 0
    asked.length = 0
    const again = await follower({}, store)
    await clock.advance(1_000)
    expect(rootsOf(again)).toEqual(rootsAt(HEIGHT))
    await connect(again, address)
    await clock.advance(10_000)
    expect(asked).toEqual([])
    // What was proved before is proved once more for who wants to see it.
    const items: ProvedItem[] = []
    const reading = (async () => {
      for await (const item of again.utreexo.follow({ from: 130 })) if (items.push(item) === 11) break
    })()
    await run(reading)
    expect(items.map((item) => item.type === 'block' && item.height)).toEqual(
      Array.from({ length: 11 }, (_, n) => 130 + n),
    )
    expect(Math.min(...asked)).toBe(130)
  })

  it('is suspected where the proofs of two peers fail on it, and derived anew from an older one', async () => {
    const store = createMemoryStore()
    const client = await follower({}, store)
    const bridges = [await serve(), await serve()]
    await connect(client, bridges[0]!.address)
    await provedUpTo(client, HEIGHT)
    await stopNodes(clock, client)
    clients.length = 0
    await spoil(store, HEIGHT)
    const longer = makeProvedChain(HEIGHT + 9)
    const again = await follower({}, store)
    await connect(again, (await serve(undefined, { chain: longer })).address)
    await connect(again, (await serve(undefined, { chain: longer })).address)
    await provedUpTo(again, HEIGHT + 9)
    expect(rootsOf(again)).toEqual(rootsAt(HEIGHT + 9, longer))
    expect(told('utreexo-suspected')).toMatchObject([
      { block: { height: HEIGHT + 1 }, back: { height: HEIGHT - 6 } },
    ])
    expect(told('discouraged')).toEqual([])
  })

  it('that all began with is known though it is damaged in the store', async () => {
    const store = createMemoryStore()
    const client = await follower({}, store)
    const { address } = await serve()
    await connect(client, address)
    await provedUpTo(client, HEIGHT)
    await stopNodes(clock, client)
    clients.length = 0
    const space = store.namespace('utreexo')
    await space.batch([{ type: 'put', key: 'state/00000000', value: new Uint8Array(40) }])
    const again = await follower({}, store)
    await clock.advance(1_000)
    expect(again.utreexo.state()!.height).toBe(HEIGHT)
    await connect(again, address)
    const first = await run(again.utreexo.follow({ from: 1 }).next())
    expect(first.value).toMatchObject({ type: 'block', height: 1 })
  })

  it('that holds is not given up for two liars, who are found out by the honest one', async () => {
    const client = await follower()
    const lie = from120(bentProofs.find(({ name }) => name === 'a wrong hash')!.bend)
    for (let liar = 0; liar < 2; liar++) await connect(client, (await serve(lie)).address)
    await provedUpTo(client, 119)
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT)
    await clock.advance(1_000)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(told('discouraged')).toHaveLength(2)
    expect(told('utreexo-suspected').length).toBeGreaterThan(0)
  })
})

describe('two liars who answer before all others', () => {
  it('have no more than a few blocks proved again, however long they lie', async () => {
    const bend = bentProofs.find(({ name }) => name === 'a wrong hash')!.bend
    let connected = (): void => undefined
    const allThere = new Promise<void>((resolve) => (connected = resolve))
    let isLying = false
    const lie: ProofLie = async (proof, height) => {
      if (height >= 130) await allThere
      isLying ||= height >= 130
      return isLying ? bend(proof) : proof
    }
    const client = await follower({ utreexo: { window: 4 } })
    for (let liar = 0; liar < 2; liar++) await connect(client, (await serve(lie)).address)
    const slow = await serve(async (proof) => {
      await new Promise<void>((resolve) => clock.setTimer(300, () => resolve()))
      return proof
    })
    await connect(client, slow.address)
    connected()
    await provedUpTo(client, HEIGHT)
    await clock.advance(1_000)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(told('utreexo-suspected')).toHaveLength(1)
    const [suspected] = told('utreexo-suspected') as Extract<NodeEvent, { type: 'utreexo-suspected' }>[]
    expect(suspected!.block.height - suspected!.back.height).toBe(7)
    expect(told('discouraged')).toHaveLength(2)
  })

  it('are found out where the block that they were first asked for is the last that they ever prove', async () => {
    const bend = bentProofs.find(({ name }) => name === 'other targets')!.bend
    const client = await follower({ utreexo: { window: 1 } })
    for (let liar = 0; liar < 2; liar++) await connect(client, (await serve(from120(bend))).address)
    await provedUpTo(client, 119)
    // With nobody else there, the state is derived anew; from its beginning, at last, which is certain.
    await clock.advance(10_000)
    expect(client.utreexo.state()!.height).toBe(119)
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(told('discouraged')).toHaveLength(2)
  })
})

/** Flips a bit of the largest tree's root after a block, as memory might before it is written. */
async function spoil(store: OpenStore, height: number): Promise<void> {
  const space = store.namespace('utreexo')
  const name = `state/${height.toString(16).padStart(8, '0')}`
  const value = (await space.get(name))!.slice()
  // Behind the checksum, the block's hash, two counts, and the root's tag.
  value[4 + 32 + 16 + 1]! ^= 1
  value.set(sha256(value.subarray(4)).subarray(0, 4))
  await space.batch([{ type: 'put', key: name, value }])
}

describe('a state that is assumed', () => {
  const assume = (height: number, of = chain, stump = of.stumps[height]!): Partial<NodeOptions> => ({
    utreexo: { assume: { height, hash: blockHash(of.blocks[height - 1]!.header), stump } },
  })

  it('is begun with at its own height, and nothing before it is fetched', async () => {
    const asked: number[] = []
    const store = createMemoryStore()
    const client = await follower(assume(120), store)
    const { address } = await serve(undefined, { asked: (height) => asked.push(height) })
    await connect(client, address)
    await provedUpTo(client, HEIGHT)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(Math.min(...asked)).toBe(121)
    await expect(run(client.utreexo.follow({ from: 120 }).next())).rejects.toMatchObject({
      code: 'invalid-argument',
    })
    await stopNodes(clock, client)
    clients.length = 0
    const again = await follower(assume(120), store)
    await clock.advance(1_000)
    expect(again.utreexo.state()!.height).toBe(HEIGHT)
  })

  it('has its history proved beside, where that is asked for', async () => {
    const { utreexo } = assume(120)
    const client = await follower({ utreexo: { ...(utreexo as object), checkHistory: true } })
    await connect(client, (await serve()).address)
    await connect(client, (await serve()).address)
    await provedUpTo(client, HEIGHT)
    await clock.advance(30_000)
    expect(told('utreexo-history-proved')).toMatchObject([{ block: { height: 120 } }])
  })

  it('and is wrong ends the proving, says so, and costs no peer anything', async () => {
    const client = await follower(assume(120, chain, chain.stumps[119]))
    await connect(client, (await serve()).address)
    await connect(client, (await serve()).address)
    const reading = client.utreexo.follow({ from: 121 }).next()
    reading.catch(() => undefined)
    await clock.advance(30_000)
    await expect(run(reading)).rejects.toMatchObject({ code: 'utreexo-refused' })
    expect(told('utreexo-stopped')).toHaveLength(1)
    expect(told('discouraged')).toEqual([])
    expect(client.info().utreexo).toMatchObject({ height: 120, stopped: expect.stringContaining('120') })
  })

  it('and is right is not given up for two liars, while there is another to ask', async () => {
    const client = await follower(assume(120))
    const bend = bentProofs.find(({ name }) => name === 'a wrong hash')!.bend
    let connected = (): void => undefined
    const allThere = new Promise<void>((resolve) => (connected = resolve))
    let accused = (): void => undefined
    const bothAccused = new Promise<void>((resolve) => (accused = resolve))
    client.events.on('proof-invalid', () => told('proof-invalid').length === 2 && accused())
    const lie: ProofLie = (proof) => allThere.then(() => bend(proof))
    for (let liar = 0; liar < 2; liar++) await connect(client, (await serve(lie)).address)
    await connect(client, (await serve((proof) => bothAccused.then(() => proof))).address)
    connected()
    await provedUpTo(client, HEIGHT)
    await clock.advance(1_000)
    expect(rootsOf(client)).toEqual(rootsAt(HEIGHT))
    expect(told('utreexo-stopped')).toEqual([])
    expect(told('discouraged')).toHaveLength(2)
  })

  it('of a block that is not in the chain, too', async () => {
    const other = makeProvedChain(125, { fork: 100, salt: 3 })
    const client = await follower(assume(120, other))
    await connect(client, (await serve()).address)
    await clock.advance(30_000)
    expect(told('utreexo-stopped')).toMatchObject([{ error: { code: 'utreexo-refused' } }])
  })
})

it('a node without the option proves nothing and says so', async () => {
  const client = await follower({ utreexo: false })
  expect(() => client.utreexo.state()).toThrow(expect.objectContaining({ code: 'utreexo-off' }))
  expect(() => client.utreexo.follow({ from: 1 })).toThrow(expect.objectContaining({ code: 'utreexo-off' }))
  expect(client.info().utreexo).toBeUndefined()
  expect(client.info().network.localServices & (Services.UTREEXO | Services.UTREEXO_ARCHIVE)).toBe(0n)
})
