import { type Block, blockHash, bytesEqual, bytesToHex } from '@sapwood/wire-codec'
import { drawBelow, type Random } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { BlockRef, FilteredBlockItem, FilteredBlocks, FilterPosition, NodeHandle } from '../src/index.ts'
import { regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { MovingChain } from './support/moving-chain.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const SCRIPTS = Array.from({ length: 12 }, (_, i) => Uint8Array.of(0x52, i, 7))
const STEPS = 60

/** An item that is waited for. */
interface Awaited {
  readonly item: Promise<IteratorResult<FilteredBlockItem, undefined>>
  come?: FilteredBlockItem | undefined
}

/** A chain that grows and reorganises, served by one node and followed by another, whose stream restarts. */
class Run {
  readonly #random: Random
  readonly #clock: VirtualClock = createVirtualClock()
  readonly #chain: MovingChain
  #server!: NodeHandle
  #client!: NodeHandle
  #stream!: FilteredBlocks
  /** What is waited for, and what has come of it while nobody looked. */
  #pending: Awaited | undefined
  readonly #scripts = new Set<number>()
  /** By height: what was told to hold one of the scripts. */
  readonly #told = new Map<number, string>()
  /** By height: what a full scan, by the scripts of that moment, finds in what was passed. */
  readonly #expected = new Map<number, string>()
  #at: BlockRef = { height: 0, hash: regtest.genesisHash }
  /** That the stream has told of. */
  #reorgs = 0

  constructor(seed: string) {
    this.#random = createSeededRandom(seed)
    this.#chain = new MovingChain(SCRIPTS, this.#random, this.#clock)
  }

  async start(): Promise<void> {
    const network = createMemoryNetwork()
    this.#server = await this.#chain.serve(network, '1.1.1.1:18444')
    this.#client = await startNode({
      network,
      clock: this.#clock,
      address: '2.2.2.2:18444',
      node: { filters: true },
    })
    await this.#chain.grow(0, 5)
    const connected = this.#client.network.connectPeer('1.1.1.1:18444')
    await this.#clock.advance(1_000)
    await connected
    this.#follow(1)
  }

  async step(): Promise<void> {
    const draw = this.#below(10)
    if (draw < 2) await this.#chain.grow(0, 1 + this.#below(4))
    else if (draw < 4) await this.#chain.grow(this.#below(6), 1 + this.#below(3))
    else if (draw < 5) await this.#restart()
    else if (draw < 6) this.#change(this.#below(SCRIPTS.length))
    else await this.#take(1 + this.#below(6))
  }

  /** Reads to the tip, and once more after the chain has left it: each run judges a reorg. */
  async finish(): Promise<void> {
    await this.#chain.grow(0, 1)
    await this.#readToTip()
    const seen = this.#reorgs
    await this.#chain.grow(1 + this.#below(4), 1)
    await this.#readToTip()
    expect(this.#reorgs).toBeGreaterThan(seen)
    expect([...this.#told.keys()].sort((a, b) => a - b)).toEqual(
      [...this.#expected.keys()].sort((a, b) => a - b),
    )
    for (const [height, hash] of this.#told) {
      expect(hash).toBe(bytesToHex(blockHash(this.#chain.blocks[height]!.header)))
      expect(this.#expected.get(height)).toBe(hash)
    }
    await this.#stop()
    await stopNodes(this.#clock, this.#client, this.#server)
    expect(this.#clock.pendingTimers).toBe(0)
  }

  async #readToTip(): Promise<void> {
    for (let turn = 0; turn < 300 && this.#at.height < this.#chain.height; turn++) await this.#take(1)
    expect(this.#at.hash).toEqual(blockHash(this.#chain.blocks.at(-1)!.header))
  }

  #below(count: number): number {
    return drawBelow(this.#random, count)
  }

  #change(script: number): void {
    // Of what has come by now scripts of later say nothing.
    this.#handleWhatHasCome()
    // What is taken out while somebody waits may have been looked for already.
    if (this.#pending !== undefined && this.#scripts.has(script)) return
    if (this.#scripts.delete(script)) this.#stream.remove([SCRIPTS[script]!])
    else {
      this.#scripts.add(script)
      this.#stream.add([SCRIPTS[script]!])
    }
  }

  #follow(from: number | FilterPosition): void {
    const scripts = [...this.#scripts].map((index) => SCRIPTS[index]!)
    this.#stream = this.#client.filters.follow({ scripts, from })
  }

  async #restart(): Promise<void> {
    await this.#stop()
    this.#follow(this.#stream.position ?? 1)
  }

  async #stop(): Promise<void> {
    await this.#stream.return?.()
    await this.#pending?.item
    // It had come, and nobody has looked at it yet.
    this.#handleWhatHasCome()
    this.#pending = undefined
  }

  async #take(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#pending ??= this.#wait()
      await this.#clock.advance(100)
      if (!this.#handleWhatHasCome()) return
    }
  }

  #wait(): Awaited {
    const pending: Awaited = { item: this.#stream.next() }
    void pending.item.then(({ value }) => (pending.come = value))
    return pending
  }

  /** @returns whether anything has. */
  #handleWhatHasCome(): boolean {
    const come = this.#pending?.come
    if (come === undefined) return false
    this.#pending = undefined
    this.#handle(come)
    return true
  }

  #handle(item: FilteredBlockItem): void {
    if (item.type === 'reorg') {
      const { change } = item
      this.#reorgs++
      expect(change.disconnected[0]).toEqual({ height: this.#at.height, hash: this.#at.hash })
      for (const told of [this.#told, this.#expected])
        for (const height of told.keys()) if (height > change.fork.height) told.delete(height)
      this.#at = change.fork
      return
    }
    if (item.type === 'again') throw new Error('no filter was false')
    const { height, hash } = item.type === 'block' ? item : item.position
    expect(this.#stream.position).toMatchObject({ height, hash })
    let block = this.#chain.byHash(hash)!
    for (let at = height; at > this.#at.height; at--) {
      const isTold = item.type === 'block' && at === height
      if (this.#holds(block)) {
        this.#expected.set(at, bytesToHex(blockHash(block.header)))
        expect(isTold, `block ${at} holds a script, and was passed`).toBe(true)
      }
      if (isTold) this.#told.set(at, bytesToHex(hash))
      const { previousBlockHash } = block.header
      if (at === this.#at.height + 1) expect(bytesEqual(previousBlockHash, this.#at.hash)).toBe(true)
      block = this.#chain.byHash(previousBlockHash)!
    }
    this.#at = { height, hash }
  }

  /** Whether it pays to one of the scripts, or spends from one. */
  #holds(block: Block): boolean {
    const wanted = [...this.#scripts].map((index) => SCRIPTS[index]!)
    const paid = block.transactions.flatMap(({ outputs }) => outputs.map(({ scriptPubKey }) => scriptPubKey))
    return [...paid, ...this.#chain.spentScripts(block)].some((script) =>
      wanted.some((each) => bytesEqual(script, each)),
    )
  }
}

it.each(['a', 'b', 'c', 'd', 'many 193', 'many 270', 'x2'])(
  'filtered blocks are those of a full scan, whatever the chain and the scripts do (seed %s)',
  async (seed) => {
    const run = new Run(seed)
    await run.start()
    for (let step = 0; step < STEPS; step++) await run.step()
    await run.finish()
  },
)
