import {
  type Block,
  buildBasicFilter,
  bytesToHex,
  filterHash,
  filterHeaderChain,
  type Hash256,
  Services,
} from '@sapwood/wire-codec'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStore, type NodeEvent, type NodeHandle, type VerifiedFilter } from '../src/index.ts'
import { FULL_NODE } from './support/addresses.ts'
import { type FilterLies, filterServices } from './support/filter-services.ts'
import { coinbaseAt, mineBlock, mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { blockServices, startNode, stopNodes } from './support/start-node.ts'

const CLIENT = '9.9.9.9:18444'
const HEIGHT = 250
const genesis: Block = { header: regtest.genesis, transactions: [coinbaseAt(0)] }
const chain: readonly Block[] = [genesis, ...mineBlocks(regtest.genesis, 0, HEIGHT)]
const SCRIPT = Uint8Array.of(0x51)
const FULL = FULL_NODE | Services.COMPACT_FILTERS

function headersOf(blocks: readonly Block[]): string[] {
  const hashes = blocks.map((block) => filterHash(buildBasicFilter(block, [])))
  return filterHeaderChain(new Uint8Array(32) as Uint8Array as Hash256, hashes).map(bytesToHex)
}
const expected = headersOf(chain)

let network: MemoryNetwork
let clock: VirtualClock
let servers: NodeHandle[]
let client: NodeHandle
let events: NodeEvent[]
/** What servers serve, by address, from height 0 on. */
const blocksOf = new Map<string, readonly Block[]>()

beforeEach(async () => {
  network = createMemoryNetwork()
  clock = createVirtualClock()
  servers = []
  client = await startNode({ network, clock, address: CLIENT, node: { filters: true } })
  events = []
  for (const name of ['discouraged', 'peer-disconnected'] as const) {
    client.events.on(name, (event) => events.push(event))
  }
})

/** A node that serves blocks and filters, or lies about these. @param blocks from height 0 on. */
async function serve(lies: FilterLies = {}, blocks: readonly Block[] = chain): Promise<string> {
  const address = `1.${servers.length + 1}.3.4:18444`
  blocksOf.set(address, blocks)
  const server = await startNode({
    network,
    clock,
    address,
    node: { services: FULL },
    components: {
      services: {
        block: (hash, context) => blockServices(blocksOf.get(address)!).block!(hash, context),
        ...filterServices(() => blocksOf.get(address)!, lies),
      },
    },
  })
  const submitting = server.chain.submitHeaders(blocks.slice(1).map(({ header }) => header))
  await clock.advance(0)
  await submitting
  servers.push(server)
  return address
}

/** Connects as the node does for itself: a manual peer is protected, and never ended. */
async function connect(address: string): Promise<void> {
  await run(client.network.connectPeer(address, { kind: 'outbound-full-relay' }))
  await clock.advance(2_000)
}

/** Runs the clock until the promise has settled. */
async function run<T>(promise: Promise<T>, seconds = 600): Promise<T> {
  const state = { settled: false }
  void promise.finally(() => (state.settled = true)).catch(() => undefined)
  for (let step = 0; step < 10 * seconds && !state.settled; step++) await clock.advance(100)
  return promise
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const heights = (filters: readonly { readonly height: number }[]): number[] =>
  filters.map(({ height }) => height)
const to = (last: number, from = 0): number[] => Array.from({ length: last - from + 1 }, (_, i) => from + i)
const endings = (): string[] =>
  events.flatMap((event) =>
    event.type === 'peer-disconnected'
      ? [event.reason.code === 'requested' ? event.reason.detail : event.reason.code]
      : [],
  )

async function end(): Promise<void> {
  await stopNodes(clock, client, ...servers)
  expect(clock.pendingTimers).toBe(0)
}

describe('filters', () => {
  it('come in order, each with the header that the chain of filter headers gives it', async () => {
    await connect(await serve())
    await connect(await serve())
    const filters: VerifiedFilter[] = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(heights(filters)).toEqual(to(HEIGHT))
    expect(filters.map(({ header }) => bytesToHex(header))).toEqual(expected)
    expect(filters.map(({ hash }) => bytesToHex(hash))).toEqual(
      to(HEIGHT).map((height) => bytesToHex(client.chain.hashAt(height)!)),
    )
    expect(bytesToHex(await run(client.filters.headerAt(100)))).toBe(expected[100])
    expect(events).toEqual([])
    await end()
  })

  it('find the blocks of a script, and no others', async () => {
    await connect(await serve())
    const found = await run(all(client.filters.scan({ scripts: [SCRIPT], from: 20, to: 30 })))
    expect(heights(found)).toEqual(to(30, 20))
    const other = client.filters.scan({ scripts: [Uint8Array.of(0x52, 0x53)], from: 20, to: 30 })
    expect(await run(all(other))).toEqual([])
    await end()
  })

  it('are asked for as they are taken', async () => {
    await connect(await serve())
    const stream = client.filters.range({ from: 0, to: HEIGHT })
    const first = await run(stream.next())
    await clock.advance(60_000)
    expect(first.value).toMatchObject({ height: 0 })
    const bytes = client.peers()[0]!.bytesReceived
    await clock.advance(5_000)
    expect(client.peers()[0]!.bytesReceived).toBe(bytes)
    await stream.return?.()
    await end()
  })

  it('are waited for at the tip, which holds up nobody else', async () => {
    await connect(await serve())
    const controller = new AbortController()
    const following = client.filters
      .range({ from: HEIGHT + 1, to: 1_000 }, { signal: controller.signal })
      .next()
    await clock.advance(1_000)
    const started = clock.now()
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(bytesToHex(await run(client.filters.headerAt(10)))).toBe(expected[10])
    expect(clock.now() - started).toBeLessThan(1_000)
    controller.abort(new Error('enough'))
    await expect(run(following)).rejects.toThrow('enough')
    await end()
  })

  it('that are being fetched for one caller keep no other beyond its own signal', async () => {
    await connect(await serve({ silent: true }))
    const first = client.filters.headerAt(HEIGHT, { timeout: 20_000 })
    first.catch(() => undefined)
    const controller = new AbortController()
    const second = client.filters.range({ from: 0, to: 1 }, { signal: controller.signal }).next()
    await clock.advance(1_000)
    controller.abort(new Error('enough'))
    const started = clock.now()
    await expect(run(second)).rejects.toThrow('enough')
    expect(clock.now() - started).toBeLessThan(1_000)
    await expect(run(first)).rejects.toMatchObject({ code: 'timeout' })
    await end()
  })

  it('are refused where the node was made without them', async () => {
    const plain = await startNode({ network, clock, address: '8.8.8.8:18444' })
    const off = { name: 'NodeError', code: 'filters-off' }
    await expect(plain.filters.headerAt(0)).rejects.toMatchObject(off)
    await expect(plain.filters.range({ from: 0, to: 1 }).next()).rejects.toMatchObject(off)
    await expect(plain.filters.scan({ scripts: [], from: 0, to: 1 }).next()).rejects.toMatchObject(off)
    await stopNodes(clock, plain)
    await end()
  })

  it('are refused for what is no range', async () => {
    for (const [from, last] of [
      [-1, 1],
      [2, 1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const) {
      await expect(client.filters.range({ from, to: last }).next()).rejects.toMatchObject({
        code: 'invalid-argument',
      })
    }
    await end()
  })

  it('wait for a peer that has them, up to the deadline of calls', async () => {
    const waiting = client.filters.range({ from: 0, to: 0 }).next()
    await expect(run(waiting)).rejects.toMatchObject({ code: 'no-filter-peer', limit: 60_000 })
    const patient = client.filters.range({ from: 0, to: 0 }).next()
    await clock.advance(30_000)
    await connect(await serve())
    expect((await run(patient)).value).toMatchObject({ height: 0 })
    await end()
  })

  it('end with their signal', async () => {
    const controller = new AbortController()
    const waiting = client.filters.range({ from: 0, to: 0 }, { signal: controller.signal }).next()
    await clock.advance(1_000)
    controller.abort(new Error('enough'))
    await expect(run(waiting)).rejects.toThrow('enough')
    await end()
  })

  it('follow a reorg', async () => {
    const short = chain.slice(0, 201)
    const first = await serve({}, short)
    await connect(first)
    expect(bytesToHex(await run(client.filters.headerAt(200)))).toBe(expected[200])
    let tip = chain[150]!.header
    const branch = [...chain.slice(0, 151)]
    for (let height = 151; height <= 210; height++) {
      const block = mineBlock(tip, [coinbaseAt(height, 77)])
      branch.push(block)
      tip = block.header
    }
    await connect(await serve({}, branch))
    await clock.advance(10_000)
    expect(client.chain.tip().height).toBe(210)
    expect(bytesToHex(await run(client.filters.headerAt(210)))).toBe(headersOf(branch)[210])
    expect(bytesToHex(await run(client.filters.headerAt(150)))).toBe(expected[150])
    await end()
  })
})

/** Leaves out everything: an empty filter. */
const empty: FilterLies = { filter: (filter, height) => (height === 120 ? Uint8Array.of(0) : filter) }

describe('a peer that lies about filters', () => {
  it('is found out by the block, and discouraged; the true filters come all the same', async () => {
    await connect(await serve(empty))
    await connect(await serve())
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(filters.map(({ header }) => bytesToHex(header))).toEqual(expected)
    expect(events).toContainEqual(expect.objectContaining({ type: 'discouraged' }))
    expect(client.peers()).toHaveLength(1)
    await end()
  })

  it('is found out by the number of scripts, where it adds one', async () => {
    const padded: FilterLies = {
      filter: (filter, height, block) =>
        height === 120 ? buildBasicFilter(block, [Uint8Array.of(0x53, 1)]) : filter,
    }
    await connect(await serve(padded))
    await connect(await serve())
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(filters.map(({ header }) => bytesToHex(header))).toEqual(expected)
    expect(events).toContainEqual(expect.objectContaining({ type: 'discouraged' }))
    expect(client.peers()).toHaveLength(1)
    await end()
  })

  it('is found out by one honest peer, however many say the same', async () => {
    for (let liar = 0; liar < 6; liar++) await connect(await serve(empty))
    await connect(await serve())
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(client.peers()).toHaveLength(1)
    await end()
  })

  it('is not asked where it dialled us, and others are there', async () => {
    for (let liar = 0; liar < 3; liar++) {
      await serve(empty)
      await run(servers.at(-1)!.network.connectPeer(CLIENT))
    }
    await connect(await serve())
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(events).toEqual([])
    expect(client.peers()).toHaveLength(4)
    await end()
  })

  it('in what it says of the last header alone is found out by itself', async () => {
    const lie: FilterLies = {
      previous: (header, start) => (start === HEIGHT ? new Uint8Array(32).fill(1) : header),
    }
    await connect(await serve(lie))
    await connect(await serve())
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(events).toContainEqual(expect.objectContaining({ type: 'discouraged' }))
    expect(client.peers()).toHaveLength(1)
    await end()
  })

  it('is found out by an honest peer that never told us that it has the blocks', async () => {
    // A node that serves blocks tells others of its tip.
    await stopNodes(clock, client)
    client = await startNode({
      network,
      clock,
      address: CLIENT,
      node: { filters: true, services: FULL_NODE },
      components: { services: blockServices(chain) },
    })
    const honest = await serve({}, [genesis])
    await connect(honest)
    await connect(await serve(empty))
    // It hears of the blocks from us, and so has no reason to tell us of them.
    for (let second = 0; second < 60 && servers[0]!.chain.tip().height < HEIGHT; second++) {
      await clock.advance(1_000)
    }
    expect(servers[0]!.chain.tip().height).toBe(HEIGHT)
    blocksOf.set(honest, chain)
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(client.peers()).toHaveLength(1)
    await end()
  })

  it('that was believed while it was alone is found out by the next', async () => {
    const liar = await serve(empty)
    await connect(liar)
    const believed = await run(client.filters.headerAt(200))
    expect(bytesToHex(believed)).not.toBe(expected[200])
    await connect(await serve())
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(bytesToHex(await run(client.filters.headerAt(200)))).toBe(expected[200])
    expect(events).toContainEqual(expect.objectContaining({ type: 'discouraged' }))
    await end()
  })

  it('and denies what it said before costs one look back, and itself', async () => {
    const denies: FilterLies = {
      previous: (header, start) => (start > 0 ? new Uint8Array(32).fill(1) : header),
    }
    await connect(await serve())
    await run(client.filters.headerAt(100))
    await connect(await serve(denies))
    expect(bytesToHex(await run(client.filters.headerAt(150)))).toBe(expected[150])
    expect(bytesToHex(await run(client.filters.headerAt(200)))).toBe(expected[200])
    expect(events).toContainEqual(expect.objectContaining({ type: 'discouraged' }))
    expect(client.peers()).toHaveLength(1)
    await end()
  })

  it('and sends other filters than it told the headers of is replaced', async () => {
    let told = false
    const turns: FilterLies = {
      filter: (filter, height) => (told && height === 30 ? Uint8Array.of(1, 2, 3) : filter),
    }
    await connect(await serve(turns))
    await run(client.filters.headerAt(HEIGHT))
    told = true
    await connect(await serve())
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(filters.map(({ header }) => bytesToHex(header))).toEqual(expected)
    expect(client.peers()).toHaveLength(1)
    await end()
  })
})

describe('checkpoints of filter headers', () => {
  /** Two checkpoints, and as many blocks again as there is a question for. */
  const LONG = 2_060
  const long: readonly Block[] = [genesis, ...mineBlocks(regtest.genesis, 0, LONG)]
  const header = headersOf(long)[LONG]
  const missing: FilterLies = { filter: (filter, height) => (height === 1_500 ? Uint8Array.of(0) : filter) }

  /** One honest peer is believed up to near the tip; then come two more, of whom one denies that. */
  async function deniedBy(lies: FilterLies): Promise<number[]> {
    const asked: number[] = []
    await connect(await serve({ asked: (from) => void asked.push(from) }, long))
    await run(client.filters.headerAt(2_050))
    await connect(await serve({}, long))
    await connect(await serve(lies, long))
    asked.length = 0
    expect(bytesToHex(await run(client.filters.headerAt(LONG)))).toBe(header)
    expect(events).toContainEqual(expect.objectContaining({ type: 'discouraged' }))
    expect(client.peers()).toHaveLength(2)
    await end()
    return asked
  }

  it('say from where on three peers are compared anew, when one of them lies', async () => {
    expect(Math.min(...(await deniedBy(missing)))).toBe(1_001)
  })

  it('cost one look at all of it where they are lies themselves, and the liar his place', async () => {
    const none = new Uint8Array(32).fill(1) as Uint8Array as Hash256
    expect(Math.min(...(await deniedBy({ ...missing, checkpoint: () => none })))).toBe(0)
  })

  it('that are said to be ours all of them help no liar', async () => {
    const ours = headersOf(long)
    const copied: FilterLies = {
      ...missing,
      checkpoint: (_, height) => Uint8Array.from(Buffer.from(ours[height]!, 'hex')),
    }
    expect(Math.min(...(await deniedBy(copied)))).toBe(2_001)
  })
})

describe('what the reference gets wrong about filters', () => {
  it('a request that is not answered holds up nothing for longer than its deadline', async () => {
    await connect(await serve({ silent: true }))
    await connect(await serve())
    const started = clock.now()
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(heights(filters)).toEqual(to(HEIGHT))
    expect(clock.now() - started).toBeLessThan(150_000)
    expect(endings()).toHaveLength(1)
    await end()
  })

  it('a filter that never comes is asked of another, and nothing that came is lost or asked twice', async () => {
    await connect(await serve({ withholds: (height) => height === 30 }))
    await connect(await serve())
    const started = clock.now()
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(heights(filters)).toEqual(to(HEIGHT))
    expect(clock.now() - started).toBeLessThan(60_000)
    await end()
  })

  it('a peer that sends none is replaced', async () => {
    await connect(await serve({ withholds: () => true }))
    await connect(await serve())
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(heights(filters)).toEqual(to(HEIGHT))
    expect(endings()).toEqual(['no-filters'])
    await end()
  })

  it('an answer that fails to come once costs no connection', async () => {
    let asked = 0
    await connect(await serve({ withholds: (height) => height === 30 && asked++ === 0 }))
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(heights(filters)).toEqual(to(HEIGHT))
    expect(events).toEqual([])
    await end()
  })

  it('an index that is behind by two seconds costs little more than that', async () => {
    const ready = clock.now() + 4_000
    await connect(await serve({ silent: () => clock.now() < ready }))
    const started = clock.now()
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(clock.now() - started).toBeLessThan(5_000)
    expect(events).toEqual([])
    await end()
  })

  it('the only peer there is, and stays, is asked again when its index is built', async () => {
    const ready = clock.now() + 90_000
    await run(
      client.network.connectPeer(await serve({ silent: () => clock.now() < ready }), { kind: 'manual' }),
    )
    await clock.advance(2_000)
    for (let call = 0; call < 3 && clock.now() < ready; call++)
      await expect(run(client.filters.headerAt(HEIGHT))).rejects.toThrow()
    expect(bytesToHex(await run(client.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
    expect(events).toEqual([])
    await end()
  })

  it("an answer that comes late and then twice is nobody's fault", async () => {
    let held = 0
    await connect(
      await serve({
        later: () =>
          held++ < 4 ? new Promise((resolve) => clock.setTimer(1_500, () => resolve())) : undefined,
      }),
    )
    const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
    expect(filters.map(({ header }) => bytesToHex(header))).toEqual(expected)
    expect(events).toEqual([])
    await end()
  })

  it.each(['filters', 'filter headers'])(
    'questions for %s that are given up leave answers behind, which are no fault of the peer',
    async (what) => {
      // Each answer takes its time, so that it comes after the next question has been put.
      let isSlow = what === 'filter headers'
      const later = () =>
        isSlow ? new Promise<void>((resolve) => void clock.setTimer(300, resolve)) : undefined
      await run(client.network.connectPeer(await serve({ later }), { kind: 'manual' }))
      await clock.advance(2_000)
      if (!isSlow) await run(client.filters.headerAt(HEIGHT))
      isSlow = true
      for (let times = 0; times < 3; times++) {
        const giving = new AbortController()
        const left = client.filters.range({ from: 0, to: HEIGHT - times }, { signal: giving.signal })
        // The answer to an earlier question may be one to this as well.
        const first = left.next().catch(() => undefined)
        await clock.advance(100)
        giving.abort(new Error('given up'))
        await clock.advance(0)
        await first
      }
      const filters = await run(all(client.filters.range({ from: 0, to: HEIGHT })))
      expect(filters.map(({ header }) => bytesToHex(header))).toEqual(expected)
      const rest = await run(all(client.filters.range({ from: 5, to: HEIGHT - 7 })))
      expect(heights(rest)).toEqual(to(HEIGHT - 7, 5))
      expect(events).toEqual([])
      await end()
    },
  )

  it('two streams at once do not wait for each other, nor mix', async () => {
    await connect(await serve())
    const [low, high] = await run(
      Promise.all([
        all(client.filters.range({ from: 0, to: 120 })),
        all(client.filters.range({ from: 100, to: HEIGHT })),
      ]),
    )
    expect(heights(low)).toEqual(to(120))
    expect(heights(high)).toEqual(to(HEIGHT, 100))
    await end()
  })
})

describe('filtered blocks', () => {
  it('do not miss a payment by a false filter that one peer alone backs', async () => {
    await connect(await serve(empty))
    await connect(await serve())
    const found = client.filters.follow({ scripts: [SCRIPT], from: 119 })
    const told: number[] = []
    for (let i = 0; i < 3; i++) {
      const { value } = await run(found.next())
      if (value?.type === 'block') told.push(value.height)
    }
    expect(told).toEqual([119, 120, 121])
    await run(found.return!())
    await end()
  })

  it('are looked at again where a peer that comes later shows that filters were false', async () => {
    await connect(await serve(empty))
    const found = client.filters.follow({ scripts: [SCRIPT], from: 119 })
    expect((await run(found.next())).value).toMatchObject({ type: 'block', height: 119 })
    // The only peer leaves out block 120.
    expect((await run(found.next())).value).toMatchObject({ type: 'block', height: 121 })
    await connect(await serve())
    // With the next headers all peers are asked again.
    const told: unknown[] = []
    for (let item = (await run(found.next())).value; ; item = (await run(found.next())).value) {
      told.push(item?.type === 'block' ? item.height : item)
      if (item?.type === 'block' && item.height === HEIGHT) break
    }
    const again = told.findIndex((each) => typeof each !== 'number')
    expect(told[again]).toEqual({ type: 'again', from: 120 })
    expect(told.slice(again + 1)).toEqual(to(HEIGHT, 120))
    await run(found.return!())
    await end()
  })

  it('go on after a position, and refuse one whose filters were false', async () => {
    await connect(await serve())
    const first = client.filters.follow({ scripts: [SCRIPT], from: 100 })
    await run(first.next())
    const { position } = first
    await run(first.return!())
    const second = client.filters.follow({ scripts: [SCRIPT], from: position! })
    expect((await run(second.next())).value).toMatchObject({ type: 'block', height: 101 })
    await run(second.return!())
    const filterHeader = new Uint8Array(32)
    const false_ = client.filters.follow({ scripts: [SCRIPT], from: { ...position!, filterHeader } })
    await expect(run(false_.next())).rejects.toMatchObject({ code: 'filters-replaced', received: 100 })
    await end()
  })
})

describe('filter headers', () => {
  it('are kept in the store: the next start asks for what came since', async () => {
    const store = createMemoryStore()
    const address = await serve()
    for (const expectedQuestions of [1, 0]) {
      const node = await startNode({
        network,
        clock,
        address: '7.7.7.7:18444',
        node: { filters: true, connect: [address] },
        components: { store },
      })
      await run(node.chain.waitForHeight(HEIGHT))
      expect(bytesToHex(await run(node.filters.headerAt(HEIGHT)))).toBe(expected[HEIGHT])
      const asked = node.peers()[0]!.sentByMessage['getcfheaders']?.messages ?? 0
      expect(asked > 0).toBe(expectedQuestions > 0)
      await stopNodes(clock, node)
    }
    await end()
  })
})
