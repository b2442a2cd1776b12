import { networks } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { AsyncQueue } from '../environment/async-queue.ts'
import { systemClock } from '../environment/default-clock.ts'
import type { MemoryAccount } from '../environment/memory-account.ts'
import { createMemoryBudget, type MemoryBudget } from '../environment/memory-budget.ts'
import { createTurnScheduler, type TurnScheduler } from '../environment/turn-scheduler.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { createV1Codec } from '../v1/v1-codec.ts'
import { FramedTransport } from './framed-transport.ts'

const { magic } = networks.regtest

/**
 * A stream whose other end is the test: what is read is given by hand, and what is written is taken by hand.
 */
class ScriptedStream implements ByteStream {
  readonly #chunks = new AsyncQueue<Uint8Array>()
  #writers: (() => void)[] = []
  reads = 0
  aborted = false

  give(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  takeAll(): void {
    for (const resolve of this.#writers.splice(0)) resolve()
  }

  read(): Promise<Uint8Array | null> {
    this.reads += 1
    return this.#chunks.take(null)
  }

  write(): Promise<void> {
    return new Promise((resolve) => this.#writers.push(resolve))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  abort(reason: Error): void {
    this.aborted = true
    this.#chunks.fail(reason)
    this.takeAll()
  }
}

interface Opened {
  readonly stream: ScriptedStream
  readonly transport: FramedTransport
  readonly account: MemoryAccount
}

function open(budget: MemoryBudget, scheduler?: TurnScheduler): Opened {
  const stream = new ScriptedStream()
  const account = budget.open({ rank: 'inbound' })
  const transport = new FramedTransport({
    protocol: 'v1',
    stream,
    codec: createV1Codec(magic),
    clock: scheduler === undefined ? createVirtualClock() : systemClock,
    handshakeBytesSent: 0,
    handshakeBytesReceived: 0,
    handshakeMilliseconds: 0,
    memory: account,
    scheduler,
  })
  account.onEvict = () => transport.abort(new Error('evicted'))
  return { stream, transport, account }
}

/** A message as v1 frames it. */
function framed(command: string, payload: Uint8Array): Uint8Array {
  const codec = createV1Codec(magic)
  codec.frame({ command, payload })
  return Uint8Array.from(codec.outbox.take().flatMap((part) => [...part]))
}

describe('what is held of a message in part', () => {
  it('is bounded for 114 connections together, however long it stays', async () => {
    const clock = createVirtualClock()
    const budget = createMemoryBudget({ limit: 32_000_000, inboundShare: 1, clock })
    const opened = Array.from({ length: 114 }, () => open(budget))
    const head = framed('block', new Uint8Array(0))
    new DataView(head.buffer).setUint32(16, 4_000_000, true)
    const reads = opened.map(({ transport }) => transport.reader.read().catch((error: unknown) => error))
    for (const { stream } of opened) stream.give(head)
    const portion = new Uint8Array(65_536)
    for (let chunk = 0; chunk < 60; chunk++) {
      for (const { stream } of opened) stream.give(portion)
      await settleMicrotasks()
      expect(budget.used).toBeLessThanOrEqual(32_000_000)
    }
    expect(budget.use().waiting).toBeGreaterThan(100)
    await clock.advance(60_000)
    expect(budget.use().evicted).toBeGreaterThan(10)
    for (const { transport } of opened) transport.abort(new Error('over'))
    await Promise.all(reads)
    for (const { account } of opened) account.close()
    expect(budget.used).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is given back with the message', async () => {
    const budget = createMemoryBudget()
    const { stream, transport } = open(budget)
    const message = framed('tx', new Uint8Array(200_000))
    const read = transport.reader.read()
    stream.give(message.slice(0, 150_000))
    await settleMicrotasks()
    // The room of the whole of it has been taken.
    expect(budget.used).toBe(200_000)
    stream.give(message.slice(150_000))
    expect((await read)?.[0]?.payload).toHaveLength(200_000)
    expect(budget.used).toBe(0)
  })

  it('waits for room, and an end of the connection ends the wait', async () => {
    const budget = createMemoryBudget({ limit: 1_000_000, inboundShare: 1 })
    const full = budget.open({ rank: 'protected' })
    full.hold('events', 800_000)
    const { stream, transport } = open(budget)
    const message = framed('tx', new Uint8Array(400_000))
    const read = transport.reader.read()
    stream.give(message.slice(0, 100_000))
    await settleMicrotasks()
    expect(stream.reads).toBe(1)
    full.give('events', 400_000)
    await settleMicrotasks()
    expect(stream.reads).toBe(2)
    transport.abort(new Error('over'))
    await expect(read).rejects.toThrow('over')
    expect(budget.use()).toMatchObject({ used: 400_000, inbound: 0 })
  })

  it('waits for room no longer than the connection lasts', async () => {
    const budget = createMemoryBudget({ limit: 1_000_000, inboundShare: 1 })
    budget.open({ rank: 'protected' }).hold('events', 800_000)
    const { stream, transport } = open(budget)
    const read = transport.reader.read()
    stream.give(framed('tx', new Uint8Array(400_000)).slice(0, 100_000))
    await settleMicrotasks()
    const reason = new Error('over')
    transport.abort(reason)
    await expect(read).rejects.toBe(reason)
    expect(budget.use()).toMatchObject({ used: 800_000, inbound: 0 })
  })
})

describe('what waits to be sent', () => {
  it('is counted until the stream has taken it, or the connection ends', async () => {
    const budget = createMemoryBudget()
    const { stream, transport } = open(budget)
    for (let n = 0; n < 10; n++) transport.send({ command: 'block', payload: new Uint8Array(100_000) })
    await settleMicrotasks()
    expect(budget.use().byPurpose.sending).toBeGreaterThan(1_000_000)
    for (let n = 0; n < 2; n++) {
      stream.takeAll()
      await settleMicrotasks()
    }
    // Five messages have left; of the sixth all is kept while any of it is.
    expect(budget.use().byPurpose.sending).toBe(5 * 100_000 + 4 * 24)
    transport.abort(new Error('over'))
    await settleMicrotasks()
    expect(budget.used).toBe(0)
    expect(transport.queuedBytes).toBe(0)
  })
})

describe('what arrived together', () => {
  it('is counted as a whole until its end, and whoever takes it is one who gives', async () => {
    const clock = createVirtualClock()
    const budget = createMemoryBudget({ clock })
    const { stream, transport, account } = open(budget)
    let gave = 0
    const give = account.give.bind(account)
    account.give = (purpose, bytes) => {
      gave += 1
      give(purpose, bytes)
    }
    transport.writer.send({ command: 'block', payload: new Uint8Array(4_000_000) })
    await settleMicrotasks()
    for (let slice = 1; slice < 4_000_024 / 262_144; slice++) {
      stream.takeAll()
      await settleMicrotasks()
      // All of it is there as long as any of it is.
      expect(account.held).toBeGreaterThanOrEqual(4_000_000)
      expect(gave).toBeGreaterThanOrEqual(slice)
    }
    stream.takeAll()
    await settleMicrotasks()
    expect(account.held).toBe(0)
  })

  it('is decoded 8 KiB at a time, and the rest is kept for the next read', async () => {
    const budget = createMemoryBudget()
    const { stream, transport } = open(budget)
    const ping = framed('ping', new Uint8Array(8))
    const chunk = new Uint8Array(ping.length * 4_000)
    for (let n = 0; n < 4_000; n++) chunk.set(ping, n * ping.length)
    stream.give(chunk)
    const batches: number[] = []
    for (let total = 0; total < 4_000; total += batches.at(-1)!) {
      batches.push((await transport.reader.read())!.length)
      expect(budget.used).toBeLessThan(chunk.length - 8_192 * (batches.length - 1))
    }
    expect(Math.max(...batches)).toBeLessThanOrEqual(Math.ceil(8_192 / ping.length))
    expect(stream.reads).toBe(1)
  })

  it('gives the turn back while it is decoded, where nothing comes of it', async () => {
    let now = 0
    const later: (() => void)[] = []
    // Each look at the time is a quarter of a millisecond of work.
    const scheduler = createTurnScheduler({
      now: () => (now += 0.25),
      after: () => undefined,
      later: (callback) => later.push(callback),
    })
    const { stream, transport } = open(createMemoryBudget(), scheduler)
    const dropped = framed('ping', new Uint8Array(1_000))
    dropped[20]! ^= 1
    const chunk = new Uint8Array(dropped.length * 500)
    for (let n = 0; n < 500; n++) chunk.set(dropped, n * dropped.length)
    stream.give(chunk)
    void transport.reader.read().catch(() => undefined)
    await settleMicrotasks()
    const { messagesDropped } = transport.stats()
    expect(messagesDropped).toBeGreaterThan(0)
    expect(messagesDropped).toBeLessThan(250)
    for (let turn = 0; turn < 40; turn++) {
      for (const callback of later.splice(0)) callback()
      await settleMicrotasks()
    }
    expect(transport.stats().messagesDropped).toBe(500)
    transport.abort(new Error('over'))
  })

  it('waits for no turn with nothing to decode', async () => {
    let now = 0
    const scheduler = createTurnScheduler({ now: () => now, after: () => undefined, later: () => undefined })
    const { stream, transport } = open(createMemoryBudget(), scheduler)
    stream.give(framed('ping', new Uint8Array(8)))
    expect(await transport.reader.read()).toHaveLength(1)
    // It has had all of its turn.
    now += 10
    void transport.reader.read().catch(() => undefined)
    await settleMicrotasks()
    expect(scheduler.waiting).toBe(0)
    stream.give(framed('ping', new Uint8Array(8)))
    await settleMicrotasks()
    expect(scheduler.waiting).toBe(1)
    transport.abort(new Error('over'))
  })
})
