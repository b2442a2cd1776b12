import type { NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import { peerAddressKey, regtest } from '@sapwood/wire-codec'
import { type ByteStream, type Dialer, TransportError } from '@sapwood/transport-v1v2'
import {
  addAbortListener,
  type Clock,
  type Random,
  removeAbortListener,
} from '@sapwood/transport-v1v2/environment'
import { createSimulatedLink, type LinkQuality, type SimulatedLink } from './simulated-link.ts'

/** Somebody at an address who takes connections. */
export type SimulatedHost = (stream: ByteStream, from: NetworkAddress) => void

export interface SimulatedNetworkOptions {
  /** Milliseconds that a byte is under way, from and to. Default: 20 to 200. */
  readonly latency?: readonly [number, number]
  /** Bytes a millisecond of each connection. Default: 1,000. */
  readonly bandwidth?: number
}

/** Milliseconds after which a dial to somebody who is not there, or cannot be reached, fails. */
const DIAL_FAILURE_DELAY = 1_000

/**
 * A network in memory on a virtual clock: hosts, connections with latency and bandwidth, partitions, lost
 * connections.
 */
export class SimulatedNetwork {
  readonly clock: Clock
  readonly #random: Random
  readonly #options: Required<SimulatedNetworkOptions>
  readonly #hosts = new Map<string, SimulatedHost>()
  readonly #links = new Map<SimulatedLink, readonly [string, string]>()
  #side: ((addressKey: string) => number) | undefined
  /** Connections made so far. */
  dialled = 0

  constructor(clock: Clock, random: Random, options: SimulatedNetworkOptions = {}) {
    this.clock = clock
    this.#random = random
    this.#options = { latency: options.latency ?? [20, 200], bandwidth: options.bandwidth ?? 1_000 }
  }

  /** Connections open now. */
  get connections(): number {
    return this.#links.size
  }

  /** Takes connections at an address; returns the way to stop. */
  listen(address: NetworkAddress, host: SimulatedHost): () => void {
    const key = peerAddressKey(address)
    this.#hosts.set(key, host)
    return () => void this.#hosts.delete(key)
  }

  /** How somebody at `from` reaches others. */
  dialerFrom(from: NetworkAddress): Dialer {
    return { dial: (address, { signal }) => this.#dial(from, address, signal) }
  }

  /** Parts the network: connections between hosts on different sides are lost, and no new ones are made. */
  partition(side: (address: string) => number): void {
    this.#side = side
    for (const [link, [one, other]] of [...this.#links]) if (side(one) !== side(other)) link.cut()
  }

  /** Ends the partition. */
  heal(): void {
    this.#side = undefined
  }

  /** Loses some of the connections, drawn at random. */
  loseConnections(share: number): number {
    let lost = 0
    for (const link of [...this.#links.keys()]) {
      if (this.#draw() >= share) continue
      link.cut()
      lost += 1
    }
    return lost
  }

  async #dial(from: NetworkAddress, to: PeerAddress, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted()
    const [fromKey, toKey] = [peerAddressKey(from), peerAddressKey(to)]
    const quality = this.#quality()
    const wait = this.#reachable(fromKey, toKey) ? 2 * quality.latency : DIAL_FAILURE_DELAY
    await this.#pass(wait, signal)
    const host = this.#hosts.get(toKey)
    if (host === undefined || !this.#reachable(fromKey, toKey)) {
      throw new TransportError('dial-failed', 'Nobody takes connections there')
    }
    const link = createSimulatedLink(this.clock, quality, () => this.#links.delete(link))
    this.#links.set(link, [fromKey, toKey])
    this.dialled += 1
    host(link.ends[1], { ...from, port: 49_152 + (this.dialled % 16_384) })
    return link.ends[0]
  }

  #reachable(from: string, to: string): boolean {
    return this.#hosts.has(to) && (this.#side === undefined || this.#side(from) === this.#side(to))
  }

  #quality(): LinkQuality {
    const [least, most] = this.#options.latency
    return { latency: Math.round(least + this.#draw() * (most - least)), bandwidth: this.#options.bandwidth }
  }

  #draw(): number {
    return new DataView(this.#random.bytes(4).buffer).getUint32(0) / 2 ** 32
  }

  #pass(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.setTimer(milliseconds, () => {
        removeAbortListener(signal, onAbort)
        resolve()
      })
      const onAbort = (): void => {
        cancel()
        reject(signal.reason as Error)
      }
      addAbortListener(signal, onAbort)
    })
  }
}

/** The address of the host with a number: each in a netgroup (/16) of its own, up to 25,600 of them. */
export function hostAddress(index: number): NetworkAddress {
  const bytes = Uint8Array.of(40 + (index % 100), Math.floor(index / 100) % 256, 1, 1)
  return { network: 'ipv4', bytes, port: regtest.defaultPort }
}
