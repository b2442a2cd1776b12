import { createMemoryStore, type NodeHandle } from '@sapwood/node'
import {
  createEmbeddedLog,
  type EmbeddedLog,
  publish,
  type PublishedRecord,
  type PublishEvent,
  type Publisher,
  type PublishOptions,
  type PublishSink,
  readRecords,
} from '@sapwood/publish'
import { encodeTransaction, hashToHex } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createMemoryDialer, createRegtestPeer, RegtestChain, spendCoinbase } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'
import { fold, type FoldedChain } from './chain-fold.ts'

/** Any: the dialer leads to the embedded peer. */
const PEER = '127.0.0.1:18444'

/** Reads a log from its beginning until what is looked for has come. */
async function readUntil(
  log: EmbeddedLog,
  found: (record: PublishedRecord, chain: FoldedChain) => boolean,
): Promise<{ readonly records: readonly PublishedRecord[]; readonly chain: FoldedChain }> {
  const records: PublishedRecord[] = []
  const chain: FoldedChain = { sequence: 0, headers: [], blocks: [] }
  const ending = new AbortController()
  for await (const record of readRecords(log.read({ after: 0, signal: ending.signal }), { after: 0 })) {
    fold(chain, record)
    records.push(record)
    if (found(record, chain)) ending.abort()
  }
  return { records, chain }
}
const untilTip = (log: EmbeddedLog, chain: RegtestChain) => {
  const tip = hashToHex(chain.tip)
  return readUntil(log, (_, { headers, blocks }) => headers.at(-1) === tip && blocks.at(-1) === tip)
}
const hashesOf = (chain: RegtestChain, from = 1): string[] =>
  Array.from({ length: chain.height - from + 1 }, (_, index) => hashToHex(chain.at(from + index)!.hash))
const textOf = (record: PublishedRecord | undefined): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(record?.payload)) as Record<string, unknown>

/** The next event of a type that publishing tells. */
function listen(): {
  readonly onEvent: (event: PublishEvent) => void
  readonly next: (type: PublishEvent['type']) => Promise<PublishEvent>
} {
  const waiting = new Map<string, (event: PublishEvent) => void>()
  return {
    onEvent: (event) => waiting.get(event.type)?.(event),
    next: (type) => new Promise((resolve) => waiting.set(type, resolve)),
  }
}

async function withPublisher(
  node: NodeHandle,
  log: PublishSink,
  options: Partial<PublishOptions>,
  work: (publisher: Publisher) => Promise<void>,
): Promise<void> {
  await using publisher = publish(node, log, { from: 1, ...options })
  await work(publisher)
}

describe('publish', () => {
  it('publishes the chain in order, with each block that is undone, and goes on after a restart', async () => {
    const main = new RegtestChain({ blocks: 30, transactions: 3 })
    await using peer = createRegtestPeer({ chain: main })
    const dialer = createMemoryDialer(peer)
    // Blocks have to go in several pieces.
    const log = createEmbeddedLog({ store: createMemoryStore() }, { maxPayload: 300 })
    {
      await using node = await startNode({ connect: [PEER] }, { dialer })
      await withPublisher(node, log, {}, async () => {
        expect((await untilTip(log, main)).chain.blocks).toEqual(hashesOf(main))
        const fork = main.forkAt(25)
        fork.mine(7)
        peer.chain = fork
        peer.announce()
        const { records, chain } = await untilTip(log, fork)
        expect(chain.headers).toEqual(hashesOf(fork))
        expect(chain.blocks).toEqual(hashesOf(fork))
        const undone = records.find(({ kind }) => kind === 'blocks.undone')
        expect(textOf(undone)).toEqual({
          fork: { height: 25, hash: hashToHex(main.at(25)!.hash) },
          undone: [30, 29, 28, 27, 26].map((height) => ({ height, hash: hashToHex(main.at(height)!.hash) })),
        })
      })
    }
    // A new node with no memory of the branch that was published, which the network has left behind.
    const other = main.forkAt(28, 'other')
    other.mine(9)
    peer.chain = other
    await using node = await startNode({ connect: [PEER] }, { dialer })
    await withPublisher(node, log, {}, async (publisher) => {
      const { records, chain } = await untilTip(log, other)
      expect(chain.headers).toEqual(hashesOf(other))
      expect(chain.blocks).toEqual(hashesOf(other))
      // Nothing came again that had stayed.
      const heights = records.flatMap(({ kind, facts }) =>
        kind === 'block' ? [Number(facts['Height'])] : [],
      )
      expect(heights.slice(-12)).toEqual([26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37])
      expect(publisher.info()).toMatchObject({
        state: 'publishing',
        heldRecords: 0,
        heldBytes: 0,
        dropped: 0,
      })
    })
  })

  it('publishes transactions and what happens to peers between them', async () => {
    const chain = new RegtestChain({ blocks: 102 })
    await using peer = createRegtestPeer({ chain })
    await using node = await startNode({ connect: [PEER] }, { dialer: createMemoryDialer(peer) })
    const log = createEmbeddedLog({ store: createMemoryStore() })
    await withPublisher(node, log, { from: 100 }, async () => {
      await untilTip(log, chain)
      const transaction = spendCoinbase(chain, 1)
      peer.offer(transaction)
      const { records } = await readUntil(log, ({ kind }) => kind === 'transaction')
      expect(records.at(-1)!.payload).toEqual(encodeTransaction(transaction))
      const events = records.filter(({ kind }) => kind === 'peer')
      expect(events.map(({ facts }) => facts['Event'])).toEqual(['peer-connected', 'peer-ready'])
      expect(textOf(events[1])).toMatchObject({ event: 'peer-ready', kind: 'manual', protocol: 'v2' })
      expect(records.find(({ kind }) => kind === 'block')?.facts).toMatchObject({ Height: '100' })
    })
  })

  it('holds no more than it may while the sink is dead, says so, and counts what it has left out', async () => {
    const chain = new RegtestChain({ blocks: 120 })
    await using peer = createRegtestPeer({ chain })
    await using node = await startNode({ connect: [PEER] }, { dialer: createMemoryDialer(peer) })
    const log = createEmbeddedLog({ store: createMemoryStore() })
    let isDead = true
    const refuse = async (): Promise<never> => {
      throw new Error('nobody is there')
    }
    const sink: PublishSink = {
      open: () => (isDead ? refuse() : log.open()),
      at: (sequence) => log.at(sequence),
      append: (messages) => (isDead ? refuse() : log.append(messages)),
    }
    const events = listen()
    const stalled = events.next('stalled')
    const dropping = events.next('dropping')
    const metrics: Record<string, number> = {}
    const collect = (name: string) => ({
      inc: (_: object, value = 1) => (metrics[name] = (metrics[name] ?? 0) + value),
      set: (_: object, value: number) => (metrics[name] = value),
    })
    await using publisher = publish(
      node,
      sink,
      { from: 1, maxHeldBytes: 3_000, retryPause: 10 },
      {
        onEvent: events.onEvent,
        metrics: {
          stalled: collect('stalled'),
          dropped: collect('dropped'),
          heldBytes: collect('heldBytes'),
        },
      },
    )
    await stalled
    if (node.info().phase !== 'running') {
      await node.events.next('phase', { filter: ({ phase }) => phase === 'running' })
    }
    for (let height = 1; height <= 10; height++) {
      const heard = node.events.next('transaction-heard')
      peer.offer(spendCoinbase(chain, height))
      await heard
    }
    await dropping
    const info = publisher.info()
    expect(info).toMatchObject({ state: 'stalled', error: { message: 'nobody is there' }, sequence: 0 })
    expect(info.heldBytes).toBeLessThanOrEqual(3_000)
    expect(info.dropped).toBe(metrics['dropped'])
    expect(metrics).toMatchObject({ stalled: 1, heldBytes: info.heldBytes })
    isDead = false
    const all = await readUntil(log, (_, { blocks }) => blocks.length === 120)
    expect(all.chain.blocks).toEqual(hashesOf(chain))
    const { records } = await readUntil(log, ({ kind }) => kind === 'dropped')
    expect(textOf(records.at(-1))).toEqual({ records: info.dropped })
    expect(metrics['stalled']).toBe(0)
  })

  it('publishes the chain anew, under another name, to a sink that has lost what it had', async () => {
    const chain = new RegtestChain({ blocks: 5 })
    await using peer = createRegtestPeer({ chain })
    await using node = await startNode({ connect: [PEER] }, { dialer: createMemoryDialer(peer) })
    let log = createEmbeddedLog({ store: createMemoryStore() })
    const sink: PublishSink = {
      open: () => log.open(),
      at: (sequence) => log.at(sequence),
      append: (messages) => log.append(messages),
    }
    await withPublisher(node, sink, { kinds: ['headers', 'blocks'], retryPause: 1 }, async () => {
      const first = await untilTip(log, chain)
      const lost = log
      log = createEmbeddedLog({ store: createMemoryStore() })
      chain.mine(1)
      peer.announce()
      const second = await untilTip(log, chain)
      expect(second.chain.blocks).toEqual(hashesOf(chain))
      const names = [first, second].map(({ records }) => new Set(records.map((record) => record.log)))
      expect(names.map(({ size }) => size)).toEqual([1, 1])
      const { sequence, log: name } = first.records[0]!
      expect(names[1]!.has(name)).toBe(false)
      // Though the one that is there has what would come next.
      const after = { after: sequence, log: name }
      const next = (of: EmbeddedLog) => readRecords(of.read(after), after).next()
      expect((await next(lost)).value).toMatchObject({ sequence: sequence + 1 })
      await expect(next(log)).rejects.toMatchObject({ code: 'another-log' })
    })
  })

  it('ends where another publishes to the same sink', async () => {
    const chain = new RegtestChain({ blocks: 5 })
    await using peer = createRegtestPeer({ chain })
    await using node = await startNode({ connect: [PEER] }, { dialer: createMemoryDialer(peer) })
    const log = createEmbeddedLog({ store: createMemoryStore() })
    const first = publish(node, log, { from: 1, retryPause: 1, kinds: ['blocks'] })
    const hasAll = (height: number) => readUntil(log, (_, { blocks }) => blocks.length === height)
    await hasAll(5)
    // It begins with what the first has not published: that is a message of its own.
    const second = publish(node, log, { from: 1, retryPause: 1, kinds: ['headers', 'blocks'] })
    await untilTip(log, chain)
    chain.mine(1)
    peer.announce()
    const ended = await first.ended
    await hasAll(6)
    expect(first.info().state).toBe('ended')
    expect(ended).toMatchObject({ code: 'superseded' })
    await second.close()
    expect(second.info()).toMatchObject({ state: 'ended', position: { blocks: { height: 6 } } })
  })
})
