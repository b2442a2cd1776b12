import { createHash } from 'node:crypto'
import {
  hashToHex,
  hasServices,
  type NetworkAddress,
  peerAddressKey,
  regtest,
  Services,
} from '@sapwood/wire-codec'
import { createNode, type Listener, type NodeEvent, type NodeHandle, type NodeOptions } from '@sapwood/node'
import type { PeerServices } from '@sapwood/peer'
import { onlyV1 } from '@sapwood/transport-v1v2'
import type { Random } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import { regtestFilterServices } from '../regtest/regtest-filters.ts'
import { regtestServices } from '../regtest/regtest-services.ts'
import { hostAddress, SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network.ts'

export interface SimulationOptions extends SimulatedNetworkOptions {
  /** The same seed gives the same run, event by event. */
  readonly seed: number | string
  /**
   * v1 (the default) leaves out the cost of the encryption, which a simulation of hundreds of nodes would
   * mostly measure.
   */
  readonly transport?: 'v1' | 'v2'
}

/** Events that are part of the trace: those that tell what the nodes did with one another. */
const TRACED: ReadonlySet<NodeEvent['type']> = new Set([
  'peer-connecting',
  'connection-failed',
  'peer-connected',
  'peer-ready',
  'peer-disconnected',
  'tip-changed',
  'discouraged',
  'block-received',
  'block-invalid',
] satisfies NodeEvent['type'][])

/** One node of ours in a simulation. */
export interface SimulatedNode {
  readonly index: number
  readonly address: NetworkAddress
  readonly handle: NodeHandle
  /** The chain whose blocks it serves: of those that were submitted, the last that its headers came to. */
  chain: RegtestChain
}

/** Many nodes of ours, and others, in one process on one virtual clock. */
export class Simulation implements AsyncDisposable {
  readonly clock: VirtualClock
  readonly network: SimulatedNetwork
  readonly nodes: SimulatedNode[] = []
  readonly seed: number | string
  readonly #options: SimulationOptions
  readonly #chains = new Set<RegtestChain>()
  readonly #trace = createHash('sha256')
  readonly #start: number
  #events = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.seed = options.seed
    this.clock = createVirtualClock()
    this.#start = this.clock.now()
    this.network = new SimulatedNetwork(this.clock, this.random('network'), options)
  }

  /** Random bytes for one purpose: the same for the same seed and name. */
  random(name: string): Random {
    return createSeededRandom(`${this.seed}/${name}`)
  }

  /** Milliseconds of virtual time since the beginning. */
  get elapsed(): number {
    return this.clock.now() - this.#start
  }

  /** How many events the trace holds, and their digest in hex. */
  trace(): { readonly events: number; readonly digest: string } {
    return { events: this.#events, digest: this.#trace.copy().digest('hex') }
  }

  /**
   * A chain with blocks up to the present of the virtual clock.
   * @param transactions In each block, once there are coins to spend (from block 101 on).
   */
  makeChain(blocks: number, name = '', transactions = 0): RegtestChain {
    const startTime = Math.floor(this.clock.wallTime() / 1_000) - blocks * 600
    return new RegtestChain({ blocks, startTime, name, transactions })
  }

  /** Adds a node of ours, which listens at the address of the next free number. */
  async addNode(
    options: Partial<NodeOptions> = {},
    chain: RegtestChain = this.makeChain(0),
  ): Promise<SimulatedNode> {
    const index = this.nodes.length
    const address = hostAddress(index)
    const random = this.random(`node ${index}`)
    const served = regtestServices(() => node.chain, new Map())
    const services: PeerServices = {
      block: (hash, context) => served.block?.(hash, context),
      ...(hasServices(options.services ?? 0n, Services.COMPACT_FILTERS) &&
        regtestFilterServices(() => node.chain)),
    }
    const handle = await createNode(
      {
        network: regtest,
        dnsSeeds: false,
        fixedSeeds: false,
        services: Services.NETWORK | Services.WITNESS | Services.NETWORK_LIMITED,
        ...((this.#options.transport ?? 'v1') === 'v1' && { fallback: onlyV1 }),
        ...options,
      },
      {
        clock: this.clock,
        random,
        dialer: this.network.dialerFrom(address),
        resolver: { resolve: () => Promise.resolve([]) },
        listeners: [this.#listener(address)],
        services,
      },
    )
    const node: SimulatedNode = { index, address, handle, chain }
    this.nodes.push(node)
    this.#follow(node)
    await this.submit(node)
    return node
  }

  /** Gives a node the headers of its chain, as if it had mined them. */
  async submit(node: SimulatedNode, chain: RegtestChain = node.chain): Promise<void> {
    this.#chains.add(chain)
    node.chain = chain
    const submitted = node.handle.chain.submitHeaders(chain.headers)
    await this.clock.advance(0)
    await submitted
  }

  /** Lets virtual time pass. */
  async run(milliseconds: number): Promise<void> {
    await this.clock.advance(milliseconds)
  }

  /**
   * Lets time pass until something is so; returns whether it came about within `limit` milliseconds of
   * virtual time.
   */
  async runUntil(done: () => boolean, limit: number, step = 1_000): Promise<boolean> {
    const end = this.elapsed + limit
    while (!done()) {
      if (this.elapsed >= end) return false
      await this.run(Math.min(step, end - this.elapsed))
    }
    return true
  }

  /** Hash of a node's tip, as people read it. */
  tipOf(node: SimulatedNode): string {
    return hashToHex(node.handle.chain.tip().hash)
  }

  /** Ends every node. */
  async stop(): Promise<void> {
    const stopping = Promise.all(this.nodes.map(({ handle }) => handle.stop()))
    const state = { stopped: false }
    void stopping.then(() => {
      state.stopped = true
    })
    await this.runUntil(() => state.stopped, 60_000)
    await stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #listener(address: NetworkAddress): Listener {
    return {
      listen: (onStream) => {
        const stop = this.network.listen(address, (stream, from) =>
          onStream({ stream, address: from, via: 'tcp' }),
        )
        const close = (): Promise<void> => {
          stop()
          return Promise.resolve()
        }
        return Promise.resolve({ address: peerAddressKey(address), announce: address, close })
      },
    }
  }

  #follow(node: SimulatedNode): void {
    // As who follows a chain does, it has the blocks then: a node tells nobody of what it cannot serve.
    node.handle.events.on('tip-changed', ({ change: { newTip } }) => {
      const has = (chain: RegtestChain): boolean => chain.heightOf(newTip.hash) === newTip.height
      if (!has(node.chain)) node.chain = [...this.#chains].find(has) ?? node.chain
    })
    for (const name of TRACED) {
      node.handle.events.on(name, (event) => {
        this.#events += 1
        this.#trace.update(`${node.index} ${event.at} ${describe(event)}\n`)
      })
    }
  }
}

/** An event in a line. */
function describe(event: NodeEvent): string {
  const peer = 'peer' in event ? ` ${event.peer}` : ''
  switch (event.type) {
    case 'tip-changed':
      return `${event.type} ${event.change.newTip.height} ${hashToHex(event.change.newTip.hash)}`
    case 'peer-disconnected':
      return `${event.type}${peer} ${event.reason.code}`
    case 'block-received':
      return `${event.type}${peer} ${event.block.height}`
    default:
      return `${event.type}${peer}`
  }
}
