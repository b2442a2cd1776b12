import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashToHex, regtest, type Transaction, txid } from '@sapwood/wire-codec'
import { createNode, NodeError, type NodeHandle, openStore } from '@sapwood/node'
import { onlyV1 } from '@sapwood/transport-v1v2'
import { monotonicTime, sleep } from '../../src/programs/default-sleep.ts'
import { FaultyRelay } from '../../src/index.ts'
import { LoopbackListener } from '../end-to-end/start-node.ts'
import { ChainFollower } from './chain-follower.ts'
import { faultsOf, type NodeSide, strikeOf } from './fates.ts'
import { FaultyStore } from './faulty-store.ts'
import type { HonestWork } from './honest-work.ts'
import { knock } from './knock.ts'
import type { Mishap, PathName, Plan } from './plan.ts'
import { SeededNumbers } from './seeded-numbers.ts'
import { SteppedClock } from './stepped-clock.ts'

/** Milliseconds after the last mishap in which all honest work has to be done. */
const RECOVERY = 60_000
/** Milliseconds between two looks at whether it is. */
const LOOK = 50
/** Milliseconds between two attempts to be connected: a program's own, beside those of the node. */
const RECONNECT = 1_000
/** Milliseconds that bitcoind stands still when it is frozen. */
const FREEZE = 2_500
/** Blocks on the last of which the node begins to follow. */
const FOLLOWED = 10
/** Where the node is on each way. */
const NODE_SIDES: Readonly<Record<PathName, NodeSide>> = {
  first: 'dials',
  second: 'dials',
  inbound: 'is dialled',
}
const TIMEOUTS = {
  connect: { attempt: 1_500, total: 3_000 },
  peer: { handshake: 1_500, pingInterval: 400, pong: 1_500, inactivity: 3_000, request: 3_000 },
  call: 30_000,
  stop: 3_000,
} as const

/** What a seed came to. */
export interface ChaosOutcome {
  /** In words; empty where everything held. */
  readonly faults: readonly string[]
  readonly blocks: number
  readonly reorgs: number
  readonly connections: number
  /** Milliseconds from the last mishap to the end of the honest work. */
  readonly recovery: number
}

/** Plays a plan against a node that follows the blocks of a real bitcoind. */
export async function runChaos(plan: Plan, work: HonestWork): Promise<ChaosOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-chaos-'))
  try {
    return await new ChaosRun(plan, work, folder).run()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

class ChaosRun {
  readonly #plan: Plan
  readonly #work: HonestWork
  readonly #folder: string
  readonly #clock = new SteppedClock()
  readonly #faults: string[] = []
  readonly #knocks: (() => void)[] = []
  #paths!: Readonly<Record<PathName, FaultyRelay>>
  #listener!: LoopbackListener
  #store!: FaultyStore
  #connections = 0
  /** How the node last refused what is waited for. */
  #refusal = ''

  constructor(plan: Plan, work: HonestWork, folder: string) {
    this.#plan = plan
    this.#work = work
    this.#folder = folder
  }

  async run(): Promise<ChaosOutcome> {
    const work = this.#work
    const onUnhandled = (error: unknown): void => void this.#faults.push(`nobody handled: ${inWords(error)}`)
    process.on('uncaughtException', onUnhandled)
    process.on('unhandledRejection', onUnhandled)
    try {
      const payment = await work.makePayment()
      await work.flush()
      const from = Math.max(1, (await work.rpc<number>('getblockcount')) - FOLLOWED)
      await using store = await openStore(this.#folder)
      this.#store = new FaultyStore(store)
      this.#listener = new LoopbackListener()
      await using first = await FaultyRelay.start(work.bitcoind.p2pPort)
      await using second = await FaultyRelay.start(work.bitcoind.p2pPort)
      const node = await this.#startNode(second)
      await using inbound = await FaultyRelay.start(this.#listener.address!.port)
      this.#paths = { first, second, inbound }
      return await this.#play(node, new ChainFollower(node, from), from, payment)
    } finally {
      for (const leave of this.#knocks) leave()
      process.off('uncaughtException', onUnhandled)
      process.off('unhandledRejection', onUnhandled)
    }
  }

  async #play(
    node: NodeHandle,
    follower: ChainFollower,
    from: number,
    payment: Transaction,
  ): Promise<ChaosOutcome> {
    const { seed, fates, latency, mishaps, end } = this.#plan
    for (const [name, relay] of Object.entries(this.#paths)) {
      const path = name as PathName
      relay.next.push(...fates[path].map((fate) => faultsOf(fate, NODE_SIDES[path], latency)))
      relay.faults = { toTarget: { latency }, toDialler: { latency } }
    }
    const numbers = new SeededNumbers(`mining ${seed}`)
    const begun = monotonicTime()
    this.#work.startMining(() => 50 + numbers.below(400))
    const reconnecting = this.#keepConnecting(node)
    const broadcast = this.#tolerate(node.transactions.broadcast(payment, { timeout: end }))
    const happening: Promise<unknown>[] = []
    for (const { at, mishap } of mishaps) {
      await sleep(Math.max(0, begun + at - monotonicTime()))
      happening.push(this.#befall(mishap))
      happening.push(this.#tolerate(node.filters.headerAt(from, { timeout: end })))
    }
    await sleep(Math.max(0, begun + end - monotonicTime()))
    await Promise.all(happening)
    this.#heal()
    const healed = monotonicTime()
    await this.#work.stopMining()
    // A bitcoind that was killed has lost its last blocks, of which the node knows.
    await this.#work.outgrow(node.chain.tip().height)
    await this.#within('the chain of bitcoind', () => this.#isCaughtUp(node, follower, from))
    await this.#within('every filter of the last blocks', () => this.#readFilters(node))
    await broadcast
    await this.#within('the broadcast', () => this.#isBroadcast(node, follower, payment))
    const recovery = monotonicTime() - healed
    reconnecting.stop()
    await this.#stop(node, follower)
    await this.#reopen(node)
    // Its payment is not to stand in the way of the next one's.
    await this.#work.mine(1)
    const { hashes, reorgs } = follower
    return { faults: this.#faults, blocks: hashes.length, reorgs, connections: this.#connections, recovery }
  }

  async #startNode(second: FaultyRelay): Promise<NodeHandle> {
    const node = await createNode(
      {
        network: regtest,
        dnsSeeds: false,
        fixedSeeds: false,
        filters: true,
        connect: [second.address],
        timeouts: TIMEOUTS,
        saveInterval: 300,
        slots: { inbound: 16 },
        ...(this.#plan.v1 && { fallback: onlyV1 }),
      },
      { clock: this.#clock.clock, store: this.#store, listeners: [this.#listener] },
    )
    node.events.on('peer-connected', () => this.#connections++)
    return node
  }

  /** Does what a plan says. Resolves when it is over. */
  async #befall(mishap: Mishap): Promise<void> {
    const work = this.#work
    switch (mishap.what) {
      case 'strike':
        this.#paths[mishap.path].strike(strikeOf(mishap.fault, NODE_SIDES[mishap.path]))
        return
      case 'knock':
        for (let time = 0; time < mishap.times; time++)
          this.#knocks.push(knock(this.#listener.address!.port, mishap.fault, mishap.bytes))
        return
      case 'dial-in':
        await work.rpc('addnode', `127.0.0.1:${this.#paths.inbound.port}`, 'onetry')
        return
      case 'clock':
        this.#clock.offset += mishap.offset
        return
      case 'store':
        this.#store.mode = mishap.mode
        return
      case 'bitcoind':
        await (mishap.how === 'freeze' ? work.freeze(FREEZE) : work.end(mishap.how))
        return
      case 'stall':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, mishap.milliseconds)
        return
      case 'mine':
        await work.mine(mishap.blocks)
        return
      case 'reorg':
        await work.reorganize(mishap.depth)
    }
  }

  #heal(): void {
    this.#clock.offset = 0
    this.#store.mode = 'sound'
    for (const relay of Object.values(this.#paths)) relay.next.length = 0
  }

  /** A program that does not leave it to the node alone: it dials the first way itself. */
  #keepConnecting(node: NodeHandle): { stop(): void } {
    const { address } = this.#paths.first
    const dial = (): void => void this.#tolerate(node.addPeer(address, { once: true }))
    const timer = setInterval(dial, RECONNECT)
    dial()
    return { stop: () => clearInterval(timer) }
  }

  async #isCaughtUp(node: NodeHandle, follower: ChainFollower, from: number): Promise<boolean> {
    if (follower.fault !== undefined) throw follower.fault
    const best = await this.#work.rpc<string>('getbestblockhash')
    if (hashToHex(node.chain.tip().hash) !== best || follower.hashes.at(-1) !== best) return false
    for (const [index, hash] of follower.hashes.entries()) {
      const theirs = await this.#work.rpc<string>('getblockhash', from + index)
      if (theirs !== hash) throw new RangeError(`block ${from + index} is ${hash}, bitcoind's is ${theirs}`)
    }
    return true
  }

  async #readFilters(node: NodeHandle): Promise<boolean> {
    const { height } = node.chain.tip()
    let next = height - FOLLOWED
    try {
      for await (const filter of node.filters.range({ from: next, to: height })) {
        if (filter.height !== next) throw new RangeError(`filter ${filter.height} came for ${next}`)
        next++
      }
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      this.#refusal = `${error.code}: ${error.message}`
      return false
    }
    return next === height + 1
  }

  async #isBroadcast(node: NodeHandle, follower: ChainFollower, payment: Transaction): Promise<boolean> {
    const id = txid(payment)
    const text = hashToHex(id)
    if (follower.seen.has(text)) return true
    if ((await this.#work.rpc<string[]>('getrawmempool')).includes(text)) return true
    // A bitcoind that was killed has forgotten it, and the node tells it again after minutes only.
    await node.transactions.cancelBroadcast(id)
    await this.#tolerate(node.transactions.broadcast(payment, { timeout: 5_000 }))
    return false
  }

  async #within(what: string, look: () => Promise<boolean>): Promise<void> {
    const deadline = monotonicTime() + RECOVERY
    try {
      while (!(await look())) {
        if (monotonicTime() > deadline)
          throw new RangeError(`not there after ${RECOVERY} ms. ${this.#refusal}`)
        await sleep(LOOK)
      }
    } catch (error) {
      this.#faults.push(`${what}: ${inWords(error)}`)
    }
  }

  async #stop(node: NodeHandle, follower: ChainFollower): Promise<void> {
    try {
      await node.stop()
    } catch (error) {
      // After writes that failed the node may say that it could not save everything; nothing else.
      if (this.#store.refusals === 0 || !(error instanceof NodeError))
        this.#faults.push(`stop(): ${inWords(error)}`)
    }
    await follower.ended
    if (this.#clock.pending > 0) this.#faults.push(`${this.#clock.pending} timers are left`)
    const paths = Object.entries(this.#paths)
    const isClosed = (): Promise<boolean> =>
      Promise.resolve(paths.every(([, relay]) => relay.connections === 0))
    await this.#within('the end of every connection', isClosed)
  }

  /** What the store holds is a chain that the node had, whatever writes failed. */
  async #reopen(node: NodeHandle): Promise<void> {
    const again = await createNode(
      { network: regtest, connect: [] },
      { store: this.#store, clock: this.#clock.clock },
    )
    const { height, hash } = again.chain.tip()
    await again.stop()
    if (node.chain.heightOf(hash) !== height) this.#faults.push(`the store has an unknown block at ${height}`)
    if (this.#store.refusals === 0 && height !== node.chain.tip().height)
      this.#faults.push(`the store ends at ${height}, the node at ${node.chain.tip().height}`)
  }

  /** What fails here has to fail with a typed error. */
  async #tolerate(call: Promise<unknown>): Promise<void> {
    try {
      await call
    } catch (error) {
      const isTyped = error instanceof Error && ['NodeError', 'PeerError'].includes(error.name)
      if (!isTyped) this.#faults.push(`a call failed: ${inWords(error)}`)
    }
  }
}

function inWords(error: unknown): string {
  // What is thrown here says enough.
  if (error instanceof RangeError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
