import type { VirtualClock } from '@sapwood/transport-v1v2/testing'
import { formatPeerAddress, type NetworkAddress, type PeerAddress } from '@sapwood/wire-codec'
import type { Visit } from '../../src/crawl/visit.ts'

/** Milliseconds until a node answers; all that were dialled in one such time answer together. */
const ROUND_TRIP = 200
/** Addresses in one answer, as many as Bitcoin Core gives (`MAX_ADDR_TO_SEND`) of a flood. */
const FLOOD = 1_000
/** Addresses that a flooding node makes up in all: the rest of its answers repeats them. */
const MADE_UP = 5_000

/** How many there are of each kind. */
export interface SimulatedKinds {
  readonly honest: number
  /** Give a thousand addresses each, at which nobody is. */
  readonly flooding: number
  /** Take the connection, and say nothing more. */
  readonly endless: number
}

/** Nodes that answer on a virtual clock, each dial counted. */
export class SimulatedListeners {
  readonly #clock: VirtualClock
  readonly #kinds: SimulatedKinds
  #answering: (() => void)[] | undefined
  /** Dials of each address that is there, from the first to the last of a round. */
  readonly dials: Map<string, number> = new Map<string, number>()
  readonly #busy = new Set<string>()
  /** Two that were at one node at the same time. */
  meetings = 0

  constructor(clock: VirtualClock, kinds: SimulatedKinds) {
    this.#clock = clock
    this.#kinds = kinds
  }

  get size(): number {
    const { honest, flooding, endless } = this.#kinds
    return honest + flooding + endless
  }

  /** Those that answer. */
  get reachable(): number {
    return this.#kinds.honest + this.#kinds.flooding
  }

  address(index: number): NetworkAddress {
    const bytes = Uint8Array.of(10, (index >> 16) & 0xff, (index >> 8) & 0xff, index & 0xff)
    return { network: 'ipv4', bytes, port: 8_333 }
  }

  async visit(address: PeerAddress, signal: AbortSignal): Promise<Visit> {
    const index = this.#indexOf(address as NetworkAddress)
    const text = formatPeerAddress(address)
    if (index !== undefined) this.dials.set(text, (this.dials.get(text) ?? 0) + 1)
    if (this.#busy.has(text)) this.meetings += 1
    this.#busy.add(text)
    signal.addEventListener('abort', () => this.#busy.delete(text), { once: true })
    if (index !== undefined && index >= this.reachable) return await never(signal)
    await this.#roundTrip()
    this.#busy.delete(text)
    if (index === undefined) return { reached: false, failure: 'nobody is there', milliseconds: ROUND_TRIP }
    const facts = { transport: 'v1', userAgent: '/s/', services: 1n, version: 70_016, height: 1 } as const
    return { reached: true, ...facts, addresses: this.#given(index), milliseconds: ROUND_TRIP }
  }

  /** Of the honest, so many that all are found from the first; of the flooding, a thousand of nobody. */
  #given(index: number): readonly PeerAddress[] {
    if (index >= this.#kinds.honest) {
      return Array.from({ length: FLOOD }, (_, at) => {
        const made = (index * FLOOD + at) % MADE_UP
        return {
          network: 'ipv4',
          bytes: Uint8Array.of(11, 0, (made >> 8) & 0xff, made & 0xff),
          port: 8_333,
        } as const
      })
    }
    const children = [2 * index + 1, 2 * index + 2, 7 * index + 3, index]
    return children.map((each) => this.address(each % this.size))
  }

  #indexOf({ bytes }: NetworkAddress): number | undefined {
    const index = (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!
    return bytes[0] === 10 && index < this.size ? index : undefined
  }

  /** One timer for all that wait: a hundred thousand of them would be a test of the clock. */
  #roundTrip(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#answering === undefined) {
        const answering: (() => void)[] = []
        this.#answering = answering
        this.#clock.setTimer(ROUND_TRIP, () => {
          this.#answering = undefined
          for (const answer of answering) answer()
        })
      }
      this.#answering.push(resolve)
    })
  }
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
