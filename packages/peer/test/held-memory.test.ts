import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { accept, type ByteStream, createV1Codec, streamPair } from '@sapwood/transport-v1v2'
import {
  createMemoryBudget,
  type MemoryAccount,
  type MemoryBudget,
} from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { type BlockHash, encodePayload, type Message } from '@sapwood/wire-codec'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createChannel,
  createPeer,
  type Peer,
  type PeerComponents,
  peerId,
  type PeerServices,
} from '../src/index.ts'
import { hashOf, ready } from './support/requests.ts'
import { network, versionMessage } from './support/scripted-remote.ts'

/** Inbound places of a node of Core's making. */
const STRANGERS = 114
const LIMIT = 64 * 1024 * 1024
const MOST_FOR_EACH = 1_500_000

const hash = new Uint8Array(32).fill(7) as BlockHash

/** A stranger that has dialled us: it sends what the test says, and reads nothing. */
interface Stranger {
  readonly peer: Peer
  readonly account: MemoryAccount
  readonly stream: ByteStream
}

const clock: VirtualClock = createVirtualClock()
let opened: Stranger[] = []

afterEach(async () => {
  const closed = Promise.all(opened.map(({ peer }) => peer.disconnect({ blame: 'disconnect' })))
  await clock.advance(2_000)
  await closed
  for (const { account } of opened) expect(account.held).toBe(0)
  opened = []
})

async function strangers(
  budget: MemoryBudget,
  components: Partial<PeerComponents> = {},
  version = framed(versionMessage()),
): Promise<readonly Stranger[]> {
  for (let n = 0; n < STRANGERS; n++) {
    const [stream, ours] = streamPair()
    const account = budget.open({ rank: 'inbound' })
    const base = { clock, random: createSeededRandom(n) }
    const sent = writePieces(stream, version)
    const transport = await accept(ours, { network, memory: account }, base)
    const peer = createPeer(
      transport,
      { id: peerId(n), kind: 'inbound', network },
      { ...base, memory: account, ...components },
    )
    void sent.then(() => stream.write(framed({ type: 'verack' })))
    opened.push({ peer, account, stream })
  }
  await clock.advance(0)
  expect(opened.filter(({ peer }) => peer.state === 'ready')).toHaveLength(STRANGERS)
  return opened
}

function framed(message: Message): Uint8Array {
  const { command, payload } = encodePayload(message)
  return framedPayload(command, payload)
}

function framedPayload(command: string, payload: Uint8Array): Uint8Array {
  const codec = createV1Codec(network.magic)
  codec.frame({ command, payload })
  const parts = codec.outbox.take()
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** The payload of a list of 50,000 transactions: 1.8 MB. */
function fullInventory(): Uint8Array {
  const payload = new Uint8Array(3 + 36 * 50_000)
  payload.set([0xfd, 0x50, 0xc3])
  for (let n = 0; n < 50_000; n++) payload[3 + 36 * n] = 1
  return payload
}

/** In pieces, as a socket gives them: the pair would hold a copy of the whole. */
async function writePieces(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += 65_536) {
    await stream.write(bytes.subarray(start, start + 65_536))
  }
}

/** Writes as much as is taken. Ends with the connection. */
async function flood({ stream }: Stranger, message: Uint8Array, times: number): Promise<void> {
  try {
    for (let n = 0; n < times; n++) await writePieces(stream, message)
  } catch {
    // Let go.
  }
}

/** Lets everything go on until nothing does. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await clock.advance(0)
}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

async function arrayBuffers(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    collectGarbage()
    await clock.advance(0)
  }
  return process.memoryUsage().arrayBuffers
}

function expectBounded(budget: MemoryBudget, peers: readonly Stranger[]): void {
  expect(budget.use().peak).toBeLessThanOrEqual(LIMIT)
  for (const { account } of peers) expect(account.held).toBeLessThanOrEqual(MOST_FOR_EACH)
}

describe('114 strangers at once hold no more than the budget, and 1.5 MB each', () => {
  it('that ask for headers and read nothing', async () => {
    let made = 0
    const headers = Array.from({ length: 2_000 }, () => network.genesis)
    const services = {
      headers: () => {
        made += 1
        return headers
      },
    }
    const budget = createMemoryBudget({ limit: LIMIT, clock })
    const peers = await strangers(budget, { services })
    const before = await arrayBuffers()
    const ask = framed({ type: 'getheaders', version: 1, locator: [hash], stopHash: hash })
    for (const stranger of peers) void flood(stranger, ask, 200)
    await rest()
    expectBounded(budget, peers)
    // Eight answers pass the megabyte at which Core pauses; and the strangers' part of the budget is 48 MiB.
    expect(made).toBeLessThanOrEqual(8 * STRANGERS)
    expect((await arrayBuffers()) - before).toBeLessThan(1.5 * LIMIT)
  })

  it('that name 50,000 things which nobody has, again and again', async () => {
    let asked = 0
    const services = {
      transaction: () => {
        asked += 1
        return undefined
      },
    }
    const budget = createMemoryBudget({ limit: LIMIT, clock })
    const peers = await strangers(budget, { services })
    const before = await arrayBuffers()
    const ask = framedPayload('getdata', fullInventory())
    for (const stranger of peers) void flood(stranger, ask, 2)
    await rest()
    expect(budget.use().peak).toBeLessThanOrEqual(LIMIT)
    expect(asked).toBeGreaterThan(0)
    expect((await arrayBuffers()) - before).toBeLessThan(1.5 * LIMIT)
  })

  it.each([
    ['large messages', framedPayload('future', new Uint8Array(1_900_000)), 2],
    ['messages without a payload', framedPayload('future', new Uint8Array(0)), 40_000],
  ])('that send %s while their owner stands still', async (_, message, times) => {
    const notifications = createChannel<never>(1)
    const budget = createMemoryBudget({ limit: LIMIT, clock })
    const peers = await strangers(budget, { notifications })
    const before = process.memoryUsage().heapUsed + (await arrayBuffers())
    const many = message.length > 1_000 ? message : repeated(message, 1_000)
    for (const stranger of peers) void flood(stranger, many, message === many ? times : times / 1_000)
    await rest()
    expect(budget.use().peak).toBeLessThanOrEqual(LIMIT)
    const held = process.memoryUsage().heapUsed + (await arrayBuffers()) - before
    expect(held).toBeLessThan(1.5 * LIMIT)
  })

  it('that rest for what they sent, which nobody keeps', async () => {
    const budget = createMemoryBudget({ limit: LIMIT, clock })
    const peers = await strangers(budget)
    const before = await arrayBuffers()
    const inventory = framedPayload('inv', fullInventory())
    for (const stranger of peers) void flood(stranger, inventory, 2)
    await rest()
    // Each has been read, and waits for its share of the work.
    const resting = peers.filter(({ peer }) => peer.info().stalls > 0)
    expect(resting.length).toBeGreaterThan(STRANGERS / 2)
    expect((await arrayBuffers()) - before - budget.used).toBeLessThan(20_000_000)
  })

  it('whose `version` has 3.9 MB behind it', async () => {
    const budget = createMemoryBudget({ limit: LIMIT, clock })
    const { command, payload } = encodePayload(versionMessage())
    const long = new Uint8Array(3_900_000)
    long.set(payload)
    const before = await arrayBuffers()
    await strangers(budget, {}, framedPayload(command, long))
    expect(budget.used).toBeLessThan(STRANGERS * 1_000)
    expect((await arrayBuffers()) - before).toBeLessThan(STRANGERS * 200_000)
  })
})

it('an honest stranger is served while 113 others hold all that they can', async () => {
  const services = { block: () => new Uint8Array(500_000) }
  const budget = createMemoryBudget({ limit: LIMIT, clock })
  const peers = await strangers(budget, { services })
  const [honest, ...hostile] = peers as [Stranger, ...Stranger[]]
  const ask = framed({ type: 'getdata', inventory: [{ type: 0x40000002, hash }] })
  for (const stranger of hostile) void flood(stranger, ask, 20)
  await rest()
  let received = 0
  const read = async (): Promise<void> => {
    for (let chunk = await honest.stream.read(); chunk !== null; chunk = await honest.stream.read()) {
      received += chunk.length
    }
  }
  void read().catch(() => undefined)
  void flood(honest, ask, 10)
  for (let second = 0; second < 40; second++) await clock.advance(1_000)
  expect(received).toBeGreaterThan(5_000_000)
  expect(budget.use().peak).toBeLessThanOrEqual(LIMIT)
})

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times)
  for (let n = 0; n < times; n++) all.set(bytes, n * bytes.length)
  return all
}

it('a channel that is never quite empty keeps nothing of what was taken from it', async () => {
  const channel = createChannel<Uint8Array>(4_096)
  const before = await arrayBuffers()
  channel.trySend(new Uint8Array(100_000))
  for (let n = 0; n < 1_000; n++) {
    channel.trySend(new Uint8Array(100_000))
    channel.tryReceive()
  }
  expect((await arrayBuffers()) - before).toBeLessThan(1_000_000)
})

describe('requests of the remote', () => {
  it('that name many things wait in small number', async () => {
    const services: PeerServices = { block: () => new Promise(() => undefined) }
    const remote = await ready({ kind: 'inbound', components: { services } })
    const inventory = Array.from({ length: 40_000 }, () => ({ type: 2, hash: hashOf(1) }))
    const before = remote.transport.reads
    for (let n = 0; n < 10; n++) await remote.say({ type: 'getdata', inventory })
    // One is being served, one waits, and a few are with the reader.
    expect(remote.transport.reads - before).toBeLessThanOrEqual(7)
    await remote.peer.disconnect()
  })
})
