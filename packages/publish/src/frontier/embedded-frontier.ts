import type { KeyValueNamespace, KeyValueOperation, KeyValueStore } from '@sapwood/node'
import { type Clock, type Instant, systemClock, WakeUp } from '@sapwood/transport-v1v2/environment'
import { formatHost, formatPeerAddress, type Network, parseHost, type PeerAddress } from '@sapwood/wire-codec'
import { aNetwork, milliseconds, needed, optionsOf } from '@sapwood/wire-codec/arguments'
import { refuseArgument } from '../errors/refuse-argument.ts'
import {
  type BeginRoundOptions,
  type Claim,
  DEFAULT_CLAIM_DEADLINE,
  DEFAULT_HOST_PAUSE,
  FORGOTTEN_AFTER,
  type Frontier,
  type FrontierCounts,
  type Settled,
} from './frontier.ts'
import { HostTable } from './host-table.ts'
import { afterVisit, type KnownNode, type NodeFacts, type VisitOutcome } from './known-node.ts'
import { decodeKnownNode, encodeKnownNode } from './known-node-record.ts'
import { readAddress } from './read-address.ts'
import { decodeRound, encodeRound, isDue, type Round } from './round.ts'

/** The key of the round, in a namespace of its own. */
const ROUND_KEY = 'round'
/** Addresses of one batch, where a round forgets some. */
const BATCH = 1_000

/** What an embedded frontier is told. */
export interface EmbeddedFrontierOptions {
  readonly network: Network
  /** Milliseconds that one visit may take. Default: {@link DEFAULT_CLAIM_DEADLINE}. */
  readonly deadline?: number
  /** Milliseconds between two visits of one host. Default: {@link DEFAULT_HOST_PAUSE}. */
  readonly hostPause?: number
}

const embeddedFrontierOptions = optionsOf<EmbeddedFrontierOptions>({
  network: needed(aNetwork),
  deadline: milliseconds,
  hostPause: milliseconds,
})

/** What it works with. */
export interface EmbeddedFrontierComponents {
  /** Where it is kept: whoever opens it again goes on where it was, with what was under way begun anew. */
  readonly store: KeyValueStore
  /** Default: `systemClock`. */
  readonly clock?: Clock
}

/** A frontier whose workers are in this process; each is one of those that `join` gives. */
export interface EmbeddedFrontier extends Frontier {
  /** One more worker, told apart in what is known by its name. It lives as long as the first. */
  join(worker: string): Frontier
}

/**
 * Opens the frontier of a network's crawl in one process.
 * @throws PublishError `invalid-argument`.
 * @throws NodeError where the store cannot be read or written, here and in every method.
 */
export async function openEmbeddedFrontier(
  options: EmbeddedFrontierOptions,
  { store, clock = systemClock }: EmbeddedFrontierComponents,
): Promise<EmbeddedFrontier> {
  refuseArgument(embeddedFrontierOptions, options, 'openEmbeddedFrontier: options')
  const shared = await SharedFrontier.open(options, store, clock)
  const member = (worker: string): Frontier => new Member(shared, worker)
  return Object.assign(member(''), { join: member })
}

/** What one worker has of it. */
class Member implements Frontier {
  readonly #shared: SharedFrontier
  readonly #worker: string
  readonly #claims = new Set<OpenClaim>()
  #hasLeft = false

  constructor(shared: SharedFrontier, worker: string) {
    this.#shared = shared
    this.#worker = worker
  }

  add(addresses: readonly PeerAddress[]): Promise<number> {
    return this.#shared.add(addresses)
  }

  async claim(most: number, signal: AbortSignal): Promise<readonly Claim[]> {
    const taken = await this.#shared.claim(most, () => signal.aborted || this.#hasLeft, signal)
    for (const claim of taken) this.#claims.add(claim)
    return taken.map((claim) => this.#handle(claim))
  }

  beginRound(options: BeginRoundOptions): Promise<boolean> {
    return this.#shared.beginRound(options)
  }

  counts(): Promise<FrontierCounts> {
    return Promise.resolve(this.#shared.counts())
  }

  snapshot(): AsyncIterable<KnownNode> {
    return this.#shared.snapshot()
  }

  close(): Promise<void> {
    // Before anything is given back: who waits here is not the one who gets it.
    this.#hasLeft = true
    this.#shared.wake()
    for (const claim of this.#claims) this.#shared.release(claim)
    this.#claims.clear()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #handle(claim: OpenClaim): Claim {
    const { address, round, until } = claim
    const settle = (outcome: VisitOutcome, given: readonly PeerAddress[]): Promise<Settled> => {
      this.#claims.delete(claim)
      return this.#shared.settle(claim, { outcome, given, worker: this.#worker })
    }
    return {
      address,
      round,
      until,
      done: (facts: NodeFacts, given) => settle({ reached: true, ...facts }, given),
      failed: (failure) => settle({ reached: false, failure }, []),
      release: () => {
        this.#claims.delete(claim)
        this.#shared.release(claim)
        return Promise.resolve()
      },
    }
  }
}

/** An address that a worker has. */
interface OpenClaim {
  readonly address: PeerAddress
  readonly host: string
  readonly round: number
  readonly until: Instant
}

/** How a visit ended. */
interface Visited {
  readonly outcome: VisitOutcome
  readonly given: readonly PeerAddress[]
  readonly worker: string
}

class SharedFrontier {
  readonly #network: Network
  readonly #deadline: number
  readonly #hostPause: number
  readonly #nodes: KeyValueNamespace
  readonly #rounds: KeyValueNamespace
  readonly #clock: Clock
  readonly #table = new HostTable()
  /** In the order in which they were made, which is that of their deadlines. */
  readonly #claims = new Set<OpenClaim>()
  readonly #wakeUp = new WakeUp()
  #round: Round

  static async open(
    options: EmbeddedFrontierOptions,
    store: KeyValueStore,
    clock: Clock,
  ): Promise<SharedFrontier> {
    const { name } = options.network
    const [nodes, rounds] = [store.namespace(`crawl-${name}`), store.namespace(`crawl-${name}-rounds`)]
    const kept = decodeRound(await rounds.get(ROUND_KEY))
    const round = kept ?? { number: 1, began: clock.wallTime() }
    if (kept === undefined) await rounds.batch([roundPut(round)])
    const frontier = new SharedFrontier(options, { nodes, rounds, clock, round })
    for await (const node of frontier.snapshot()) {
      const place = placeOf(node.address)
      if (frontier.#table.note(place) && node.round < round.number) frontier.#table.wait(place)
    }
    return frontier
  }

  constructor(
    { network, deadline = DEFAULT_CLAIM_DEADLINE, hostPause = DEFAULT_HOST_PAUSE }: EmbeddedFrontierOptions,
    parts: {
      readonly nodes: KeyValueNamespace
      readonly rounds: KeyValueNamespace
      readonly clock: Clock
      readonly round: Round
    },
  ) {
    this.#network = network
    this.#deadline = deadline
    this.#hostPause = hostPause
    this.#nodes = parts.nodes
    this.#rounds = parts.rounds
    this.#clock = parts.clock
    this.#round = parts.round
  }

  counts(): FrontierCounts {
    const { number, began } = this.#round
    return { round: number, roundBegan: began, known: this.#table.known, open: this.#open }
  }

  async add(addresses: readonly PeerAddress[]): Promise<number> {
    const added = this.#takeUp(addresses)
    if (added.length > 0) await this.#nodes.batch(added)
    this.#wakeUp.ring()
    return added.length
  }

  /** @param hasEnough whether who asked wants no more: looked at when the signal aborts, and at `wake`. */
  async claim(most: number, hasEnough: () => boolean, signal: AbortSignal): Promise<readonly OpenClaim[]> {
    while (!hasEnough() && most > 0) {
      const taken = this.#take(most)
      if (taken.length > 0 || this.#open === 0) return taken
      await this.#change(signal)
    }
    return []
  }

  async settle(claim: OpenClaim, { outcome, given, worker }: Visited): Promise<Settled> {
    this.#expire()
    if (!this.#claims.delete(claim)) return { counted: false, added: 0 }
    const key = formatPeerAddress(claim.address)
    const added = this.#takeUp(given)
    this.#table.rest(claim.host, (this.#clock.now() + this.#hostPause) as Instant)
    this.#wakeUp.ring()
    const before = decodeKnownNode(claim.address, (await this.#nodes.get(key)) ?? new Uint8Array(0))
    const stamp = { round: claim.round, lastTry: this.#clock.wallTime(), worker }
    const value = encodeKnownNode(afterVisit(before, outcome, stamp))
    // One batch: a visit counts with what it has found, or not at all.
    await this.#nodes.batch([...added, { type: 'put', key, value }])
    return { counted: true, added: added.length }
  }

  /** Makes those look who wait. */
  wake(): void {
    this.#wakeUp.ring()
  }

  release(claim: OpenClaim): void {
    if (!this.#claims.delete(claim)) return
    this.#giveBack(claim)
    this.#wakeUp.ring()
  }

  async beginRound({ after }: BeginRoundOptions): Promise<boolean> {
    const now = this.#clock.wallTime()
    if (this.#open > 0 || !isDue(this.#round, now, after)) return false
    const round = { number: this.#round.number + 1, began: now }
    // Noted before anything waits: whoever asks meanwhile finds it begun.
    this.#round = round
    await this.#rounds.batch([roundPut(round)])
    const forgotten: KeyValueOperation[] = []
    for await (const { address, failures } of this.snapshot()) {
      const place = placeOf(address)
      if (failures < FORGOTTEN_AFTER) {
        this.#table.wait(place)
        continue
      }
      this.#table.forget(place)
      forgotten.push({ type: 'delete', key: formatPeerAddress(address) })
    }
    for (let at = 0; at < forgotten.length; at += BATCH) {
      await this.#nodes.batch(forgotten.slice(at, at + BATCH))
    }
    this.#wakeUp.ring()
    return true
  }

  async *snapshot(): AsyncGenerator<KnownNode, void, undefined> {
    for await (const [text, value] of this.#nodes.entries()) {
      const address = readAddress(text, this.#network)
      if (address !== undefined) yield decodeKnownNode(address, value)
    }
  }

  /** Addresses that wait or are being visited. */
  get #open(): number {
    return this.#table.waiting + this.#claims.size
  }

  /** What is new of these waits from now on. @returns what is to be kept of it. */
  #takeUp(addresses: readonly PeerAddress[]): readonly KeyValueOperation[] {
    const added: KeyValueOperation[] = []
    for (const address of addresses) {
      const place = placeOf(address)
      if (!this.#table.note(place)) continue
      this.#table.wait(place)
      added.push({ type: 'put', key: formatPeerAddress(address), value: new Uint8Array(0) })
    }
    return added
  }

  #take(most: number): readonly OpenClaim[] {
    this.#expire()
    const now = this.#clock.now()
    const taken: OpenClaim[] = []
    while (taken.length < most) {
      const place = this.#table.take(now)
      if (place === undefined) break
      const claim = {
        address: parseHost(place.host, place.port),
        host: place.host,
        round: this.#round.number,
        until: (now + this.#deadline) as Instant,
      }
      this.#claims.add(claim)
      taken.push(claim)
    }
    return taken
  }

  /** What was not settled in time is handed out again. */
  #expire(): void {
    const now = this.#clock.now()
    for (const claim of this.#claims) {
      if (claim.until > now) return
      this.#claims.delete(claim)
      this.#giveBack(claim)
    }
  }

  #giveBack({ address, host }: OpenClaim): void {
    this.#table.free(host)
    this.#table.wait(placeOf(address))
  }

  /** Resolves when there may be something to hand out, or the signal aborts. */
  async #change(signal: AbortSignal): Promise<void> {
    const [first] = this.#claims
    const next = Math.min(first?.until ?? Infinity, this.#table.rested ?? Infinity)
    const ring = (): void => this.#wakeUp.ring()
    const cancel = next === Infinity ? undefined : this.#clock.setTimer(next - this.#clock.now(), ring)
    await this.#wakeUp.wait(signal)
    cancel?.()
  }
}

function placeOf(address: PeerAddress): { readonly host: string; readonly port: number } {
  return { host: formatHost(address), port: address.port }
}

function roundPut(round: Round): KeyValueOperation {
  return { type: 'put', key: ROUND_KEY, value: encodeRound(round) }
}
