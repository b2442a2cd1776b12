import { type Block, blockHash, bytesEqual, bytesToHex, txid } from '@sapwood/wire-codec'
import { drawBelow, type Random } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { createMemoryStore, type KeyValueStore, type NodeHandle } from '../src/index.ts'
import {
  createWatcher,
  type Watcher,
  type WatchedTransaction,
  type WatcherEvent,
} from '../src/watcher/index.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { keyOf, MovingChain } from './support/moving-chain.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const SCRIPTS = Array.from({ length: 8 }, (_, i) => Uint8Array.of(0x52, i, 9))
const STEPS = 40

/** What a process writes into a store, until it is killed: nothing of what it then still does is kept. */
function writesOf(store: KeyValueStore): { readonly store: KeyValueStore; readonly kill: () => void } {
  let isKilled = false
  const namespace: KeyValueStore['namespace'] = (name) => {
    const space = store.namespace(name)
    return {
      get: (key) => space.get(key),
      entries: (range) => space.entries(range),
      batch: (operations) => (isKilled ? Promise.resolve() : space.batch(operations)),
    }
  }
  return { store: { namespace }, kill: () => void (isKilled = true) }
}

/** A chain that grows and reorganises, and a watcher that restarts or is killed, with its node or alone. */
class Run {
  readonly #random: Random
  readonly #clock: VirtualClock = createVirtualClock()
  readonly #network: MemoryNetwork = createMemoryNetwork()
  readonly #chain: MovingChain
  readonly #stores = { node: createMemoryStore(), watcher: createMemoryStore() }
  /** By script: the first height that it is watched from. */
  readonly #watched = new Map<number, number>()
  #server!: NodeHandle
  #client!: NodeHandle
  #watcher!: Watcher
  #kill!: () => void
  /** What a program has made of the events. */
  #folded = new Map<string, WatchedTransaction>()
  #reading: Promise<void> | undefined

  constructor(seed: string) {
    this.#random = createSeededRandom(seed)
    this.#chain = new MovingChain(SCRIPTS, this.#random, this.#clock)
  }

  async start(): Promise<void> {
    this.#server = await this.#chain.serve(this.#network, '1.1.1.1:18444')
    await this.#chain.grow(0, 8)
    await this.#startClient()
    await this.#startWatcher()
  }

  async step(): Promise<void> {
    const draw = this.#below(10)
    if (draw < 2) await this.#chain.grow(0, 1 + this.#below(3))
    else if (draw < 4) await this.#chain.grow(this.#below(6), 1 + this.#below(2))
    else if (draw < 5) await this.#restart()
    else if (draw < 7) await this.#watch()
    else await this.#clock.advance(this.#below(800))
  }

  async finish(): Promise<void> {
    await this.#chain.grow(0, 1)
    await this.#settled(this.#watcher.waitForHeight(this.#chain.height))
    await this.#clock.advance(1_000)
    this.#compare()
    await this.#settled(this.#watcher.stop())
    await this.#reading
    expect([...this.#folded.keys()].sort()).toEqual(
      this.#watcher
        .transactions()
        .map((each) => bytesToHex(each.txid))
        .sort(),
    )
    for (const each of this.#watcher.transactions())
      expect(this.#folded.get(bytesToHex(each.txid))).toEqual(each)
    await stopNodes(this.#clock, this.#client, this.#server)
    expect(this.#clock.pendingTimers).toBe(0)
  }

  #below(count: number): number {
    return drawBelow(this.#random, count)
  }

  async #startClient(): Promise<void> {
    this.#client = await startNode({
      network: this.#network,
      clock: this.#clock,
      address: '2.2.2.2:18444',
      node: { filters: true },
      components: { store: this.#stores.node },
    })
    await this.#settled(this.#client.network.connectPeer('1.1.1.1:18444'))
  }

  async #startWatcher(): Promise<void> {
    const { store, kill } = writesOf(this.#stores.watcher)
    const components = { store, clock: this.#clock }
    this.#kill = kill
    this.#watcher = await this.#settled(createWatcher(this.#client, components))
    this.#folded = new Map()
    this.#reading = this.#fold(this.#watcher.events())
  }

  async #fold(events: AsyncIterable<WatcherEvent>): Promise<void> {
    const folded = this.#folded
    for await (const event of events) {
      if (event.type === 'transaction') folded.set(bytesToHex(event.transaction.txid), event.transaction)
      else if (event.type === 'transaction-gone') folded.delete(bytesToHex(event.txid))
    }
  }

  async #restart(): Promise<void> {
    if (this.#below(2) === 0) this.#kill()
    await this.#settled(this.#watcher.stop())
    await this.#reading
    if (this.#below(2) === 0) {
      await stopNodes(this.#clock, this.#client)
      if (this.#below(2) === 0) await this.#chain.grow(this.#below(4), 1)
      await this.#startClient()
    }
    await this.#startWatcher()
  }

  async #watch(): Promise<void> {
    const script = this.#below(SCRIPTS.length)
    if (this.#watched.has(script) && this.#below(2) === 0) {
      this.#watched.delete(script)
      await this.#settled(this.#watcher.unwatch([SCRIPTS[script]!]))
      return
    }
    const from = 1 + this.#below(this.#chain.height + 2)
    this.#watched.set(script, Math.min(from, this.#watched.get(script) ?? from))
    await this.#settled(this.#watcher.watch([SCRIPTS[script]!], { from }))
  }

  /** Everything that the watcher says of blocks, against a full scan of them. */
  #compare(): void {
    const { blocks } = this.#chain
    const paid = new Map<string, Block>()
    const spent = new Set<string>()
    blocks.forEach((block, height) => {
      for (const transaction of block.transactions) {
        for (const { previousOutput } of transaction.inputs)
          spent.add(keyOf(previousOutput.txid, previousOutput.index))
        transaction.outputs.forEach(({ scriptPubKey }, index) => {
          if (this.#isWatched(scriptPubKey, height)) paid.set(keyOf(txid(transaction), index), block)
        })
      }
    })
    const confirmed = this.#watcher.transactions().filter(({ block }) => block !== undefined)
    const told = confirmed.flatMap(({ txid: id, payments, block }) =>
      payments.map(({ index }) => [keyOf(id, index), bytesToHex(block!.hash)] as const),
    )
    expect(new Map(told)).toEqual(
      new Map([...paid].map(([key, block]) => [key, bytesToHex(blockHash(block.header))])),
    )
    const unspent = this.#watcher.unspent().filter(({ block }) => block !== undefined)
    expect(unspent.map(({ txid: id, index }) => keyOf(id, index)).sort()).toEqual(
      [...paid.keys()].filter((key) => !spent.has(key)).sort(),
    )
    // What a reorg has taken back may come again, unless a block that was looked at speaks against it.
    for (const each of this.#watcher.transactions()) {
      if (each.block !== undefined) continue
      expect(each.isCoinbase).toBe(false)
      for (const { outPoint } of each.spends)
        expect(spent.has(keyOf(outPoint.txid, outPoint.index))).toBe(false)
    }
  }

  #isWatched(script: Uint8Array, height: number): boolean {
    return [...this.#watched].some(([index, from]) => height >= from && bytesEqual(SCRIPTS[index]!, script))
  }

  /** Runs the clock until the promise has settled. */
  async #settled<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false }
    void promise.finally(() => (state.settled = true)).catch(() => undefined)
    for (let step = 0; step < 1_200 && !state.settled; step++) await this.#clock.advance(50)
    return promise
  }
}

it.each(['1', '2', '3', '4'])(
  'a watcher knows what a full scan finds, whatever the chain does (seed %s)',
  async (seed) => {
    const run = new Run(seed)
    await run.start()
    for (let step = 0; step < STEPS; step++) await run.step()
    await run.finish()
  },
)
