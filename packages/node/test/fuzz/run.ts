import {
  type Block,
  formatPeerAddress,
  type NetworkAddress,
  parsePeerAddress,
  regtest,
} from '@sapwood/wire-codec'
import { onlyV1, streamPair } from '@sapwood/transport-v1v2'
import type { CancelTimer, Clock, Logger, Random } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { createNode, type InboundStream, type Listener, type NodeHandle } from '../../src/index.ts'
import { FULL_NODE } from '../support/addresses.ts'
import { chainServices, HonestPeer } from './honest-peer.ts'
import type { Script } from './script.ts'
import { type Manners, Stranger } from './stranger.ts'
import { final, FIRST_HEIGHT, main, MAIN_HEIGHT, START_TIME } from './world.ts'
import { WatchedStream } from './watched-stream.ts'

const NODE = '1.2.3.4:18444'
/** Where the honest peer is that the node dials. */
export const HONEST: string = '100.1.1.1:18444'
/** Where the honest peer comes from that dials the node. */
export const HONEST_INBOUND: string = '110.1.1.1:18444'
/** Where strangers are that the node may dial. */
export const STRANGERS: readonly string[] = ['101.1.1.1:18444', '102.1.1.1:18444', '103.1.1.1:18444']
/** Where dials neither fail nor succeed. */
export const SILENT: string = '104.1.1.1:18444'

/** What the first bytes of an input decide. */
export interface Setting {
  /** Why the node has a connection to an honest peer. */
  readonly honestKind: 'outbound-full-relay' | 'block-relay-only' | 'manual'
  /** Whether another honest peer dials the node. */
  readonly honestInbound: boolean
  readonly v2: boolean
  readonly filters: boolean
  readonly relayTransactions: boolean
  readonly serves: boolean
  readonly minimumChainWork: bigint
  /** Whether a program follows the blocks from the start, or once the strangers have had their turn. */
  readonly followsFromStart: boolean
  /** Whether the node dials what it hears of. */
  readonly dialsOthers: boolean
  /** Bytes that the node may hold. */
  readonly memoryLimit: number
  /** Whether much time may pass. */
  readonly patient: boolean
}

export function readSetting(script: Script): Setting {
  const bits = script.byte()
  const more = script.byte()
  return {
    honestKind: (['outbound-full-relay', 'block-relay-only', 'manual', 'outbound-full-relay'] as const)[
      bits & 3
    ]!,
    honestInbound: (bits & 4) !== 0,
    v2: (bits & 0x18) === 0x18 && (more & 0x80) !== 0,
    filters: (bits & 0x20) !== 0,
    relayTransactions: (bits & 0x40) === 0,
    serves: (bits & 0x80) === 0,
    // Two hashes a block on regtest: the work of ten blocks, or none.
    minimumChainWork: (more & 1) === 0 ? 0n : 20n,
    followsFromStart: (more & 2) === 0,
    dialsOthers: (more & 0x60) === 0x60,
    memoryLimit: (bits & more & 0x10) === 0 ? 64_000_000 : 1_500_000,
    patient: (more & 0x1c) === 0x1c,
  }
}

/** A node on virtual time among peers that are played. */
export class Run {
  readonly clock: VirtualClock = createVirtualClock({ start: START_TIME * 1_000 })
  readonly strangers: Stranger[] = []
  readonly honest: HonestPeer[] = []
  readonly setting: Setting
  /** What went wrong, in words: errors that the node logged, and what nobody handled. */
  readonly faults: string[] = []
  /** What a stranger that the node dials next will do. */
  manners: Manners
  node!: NodeHandle
  /** Accounts of memory that the node has for itself, without any connection. */
  ownAccounts = 0
  /** The program ended connections, or the network: whether honest peers are connected is its own doing. */
  meddled = false
  readonly startedAt: number = START_TIME * 1_000
  readonly cpuAtStart: NodeJS.CpuUsage = process.cpuUsage()
  readonly #random: Random
  readonly #streams: WatchedStream[] = []
  #chain: readonly Block[] = main.slice(0, FIRST_HEIGHT)
  #onStream: ((inbound: InboundStream) => void) | undefined
  #nodeTimers = 0
  #nextPort = 1

  constructor(setting: Setting, manners: Manners) {
    this.setting = setting
    this.manners = manners
    this.#random = createSeededRandom('others')
  }

  /** What honest peers have now, from height 1 on. */
  get chain(): readonly Block[] {
    return this.#chain
  }

  /** Timers that the node has set and that are due some time. */
  get nodeTimers(): number {
    return this.#nodeTimers
  }

  get openStreams(): number {
    return this.#streams.filter(({ released }) => !released).length
  }

  get isListening(): boolean {
    return this.#onStream !== undefined
  }

  async start(): Promise<void> {
    const { filters, relayTransactions, minimumChainWork, serves, v2, dialsOthers, memoryLimit } =
      this.setting
    this.node = await createNode(
      {
        network: regtest,
        minimumChainWork,
        dnsSeeds: false,
        fixedSeeds: false,
        filters,
        memoryLimit,
        relayTransactions,
        services: FULL_NODE,
        slots: dialsOthers
          ? { fullRelay: 3, blockRelayOnly: 2, manual: 3, inbound: 5 }
          : { fullRelay: 1, blockRelayOnly: 1, manual: 3, inbound: 5, feelers: false },
        transactions: { poolBytes: 20_000 },
        blocks: { window: 8, inFlightPerPeer: 4 },
        ...(!v2 && { fallback: onlyV1 }),
      },
      {
        clock: this.#nodeClock(),
        random: createSeededRandom('node'),
        logger: this.#logger(),
        dialer: { dial: (address, { signal }) => this.#dial(address, signal) },
        listeners: [this.#listener()],
        ...(serves && { services: chainServices(() => this.#chain) }),
      },
    )
    this.ownAccounts = this.node.info().memory.accounts
    const { honestKind, honestInbound } = this.setting
    await this.node.addPeer(HONEST, { kind: honestKind })
    if (honestInbound) {
      const stream = this.#inbound(HONEST_INBOUND)
      if (stream !== undefined) this.#addHonest(stream, true)
    }
  }

  /** A stranger dials the node. */
  dialIn(manners: Manners, host: number): void {
    const stream = this.#inbound(`120.${host}.1.1:${this.#nextPort++}`)
    if (stream !== undefined) this.#addStranger(stream, true, manners)
  }

  /** Honest peers have more blocks, or change to another branch with more work, and say so or not. */
  mine(announces: boolean): void {
    const height = this.#chain.length
    this.#chain = height < MAIN_HEIGHT ? main.slice(0, height + 1) : final
    if (announces) for (const peer of this.honest) peer.announce(height < MAIN_HEIGHT ? 1 : 8)
  }

  finishChain(): void {
    this.#chain = final
    for (const peer of this.honest) peer.announce(8)
  }

  /** Lets everything that is due now happen. */
  async settle(): Promise<void> {
    await this.clock.advance(0)
  }

  /** Ends all but the node. */
  async leave(): Promise<void> {
    for (const stranger of this.strangers) stranger.reset()
    for (const peer of this.honest) peer.stop()
    await this.clock.advance(5_000)
  }

  #addStranger(stream: ReturnType<typeof streamPair>[0], dialled: boolean, manners: Manners): void {
    const { v2 } = this.setting
    this.strangers.push(
      new Stranger({
        stream,
        dialled,
        manners,
        protocol: v2 ? 'v2' : 'v1',
        clock: this.clock,
        random: this.#random,
      }),
    )
  }

  #addHonest(stream: ReturnType<typeof streamPair>[0], dialled: boolean): void {
    this.honest.push(
      new HonestPeer({
        stream,
        dialled,
        protocol: this.setting.v2 ? 'v2' : 'v1',
        clock: this.clock,
        random: this.#random,
        chain: () => this.#chain,
      }),
    )
  }

  #pair(): readonly [near: WatchedStream, far: ReturnType<typeof streamPair>[0]] {
    const [near, far] = streamPair()
    const watched = new WatchedStream(near)
    this.#streams.push(watched)
    return [watched, far]
  }

  #inbound(from: string): ReturnType<typeof streamPair>[0] | undefined {
    if (this.#onStream === undefined) return undefined
    const [near, far] = this.#pair()
    this.#onStream({ stream: near, address: networkAddress(from), via: 'tcp', localAddress: NODE })
    return far
  }

  #dial(address: Parameters<typeof formatPeerAddress>[0], signal: AbortSignal): Promise<WatchedStream> {
    const text = formatPeerAddress(address)
    if (text === SILENT) {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    }
    const isHonest = text === HONEST
    if (!isHonest && !STRANGERS.includes(text)) return Promise.reject(new Error('refused'))
    const [near, far] = this.#pair()
    if (isHonest) this.#addHonest(far, false)
    else this.#addStranger(far, false, this.manners)
    return Promise.resolve(near)
  }

  #listener(): Listener {
    return {
      listen: (onStream) => {
        this.#onStream = onStream
        return Promise.resolve({
          address: NODE,
          announce: networkAddress(NODE),
          close: () => {
            this.#onStream = undefined
            return Promise.resolve()
          },
        })
      },
    }
  }

  #nodeClock(): Clock {
    const { clock } = this
    return {
      ...clock,
      setTimer: (milliseconds, callback): CancelTimer => {
        let isPending = true
        const done = (): void => {
          if (isPending) this.#nodeTimers--
          isPending = false
        }
        this.#nodeTimers++
        const cancel = clock.setTimer(milliseconds, () => {
          done()
          callback()
        })
        return () => {
          done()
          cancel()
        }
      },
    }
  }

  #logger(): Logger {
    const ignore = (): void => undefined
    return {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (fields, message) => {
        const { err } = fields as { readonly err?: unknown }
        this.faults.push(`${message}: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`)
      },
    }
  }
}

function networkAddress(text: string): NetworkAddress {
  return parsePeerAddress(text, { defaultPort: 18444 }) as NetworkAddress
}
