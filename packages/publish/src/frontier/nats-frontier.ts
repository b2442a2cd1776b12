import { type Clock, type Instant, systemClock, WakeUp } from '@sapwood/transport-v1v2/environment'
import { formatHost, type Network, type PeerAddress } from '@sapwood/wire-codec'
import { aNetwork, anything, aText, milliseconds, needed, optionsOf } from '@sapwood/wire-codec/arguments'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { isRefusal, unavailable } from '../nats/server-answer.ts'
import {
  type BeginRoundOptions,
  type Claim,
  DEFAULT_CLAIM_DEADLINE,
  DEFAULT_HOST_PAUSE,
  type Frontier,
  type FrontierCounts,
  type Settled,
} from './frontier.ts'
import { type HostLock, HostLocks } from './host-locks.ts'
import { afterVisit, type KnownNode, type NodeFacts, type VisitOutcome } from './known-node.ts'
import type { NatsDelivery } from './nats-delivery.ts'
import { NatsIntake } from './nats-intake.ts'
import { type KnownEntry, NatsNodes } from './nats-nodes.ts'
import { NatsPatience } from './nats-patience.ts'
import { type Errand, NatsQueue } from './nats-queue.ts'
import type { NatsRequest } from './nats-request.ts'
import { isDue } from './round.ts'
import { StuckQueue } from './stuck-queue.ts'
import { lookAtStores, type NatsStores, openNatsStores } from './nats-stores.ts'

/** Milliseconds between two looks whether the round is over, while nothing comes. */
const LOOKED_AFTER = 1_000
/** Milliseconds that a server has, when a worker leaves, to take notice of it. */
const FAREWELL = 1_000
/** Milliseconds after which an address whose host is busy or rests is offered again, at least and at most. */
const OFFERED_AGAIN = { least: 100, most: 5_000 }

/** What a worker is told of the frontier that it shares. */
export interface NatsFrontierOptions {
  readonly network: Network
  /** `nats://host:port`, or several of one cluster. */
  readonly servers: string | readonly string[]
  /** Tells this worker from the others in what is known. */
  readonly worker: string
  /**
   * Which crawl, where a server has several of one network: letters, digits, `-` and `_`. Default: `crawl-`
   * and the network's name.
   */
  readonly name?: string
  /**
   * Milliseconds that one visit may take, where no worker was here before; else it is theirs. Default:
   * {@link DEFAULT_CLAIM_DEADLINE}.
   */
  readonly deadline?: number
  /**
   * Milliseconds between two visits of one host, at most the deadline. Default: {@link DEFAULT_HOST_PAUSE}.
   */
  readonly hostPause?: number
}

const natsFrontierOptions = optionsOf<NatsFrontierOptions>({
  network: needed(aNetwork),
  servers: needed(anything),
  worker: needed(aText),
  name: aText,
  deadline: milliseconds,
  hostPause: milliseconds,
})

/** What it works with. */
export interface NatsFrontierComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Told of each request that the server did not answer, and that is made again. */
  readonly onTrouble?: (error: unknown) => void
}

/**
 * Opens the frontier that the workers of many machines share, on a NATS server with JetStream (2.9 or later):
 * a work queue of addresses, each acknowledged when it was visited and offered again when it was not in time;
 * a bucket of what is known of each; and a bucket of hosts that somebody visits. A server that is gone for
 * a while is waited for, in every method.
 * @throws PublishError `unavailable` where no server is there at first, or has no JetStream, and from its
 * methods what the server refuses; `payload-limit` where its messages are too small; `invalid-argument` for
 * a name or an address that cannot be one; `missing-package`.
 */
export async function openNatsFrontier(
  options: NatsFrontierOptions,
  { clock = systemClock, onTrouble = () => undefined }: NatsFrontierComponents = {},
): Promise<Frontier> {
  refuseArgument(natsFrontierOptions, options, 'openNatsFrontier: options')
  const { network, servers, worker } = options
  const { name = `crawl-${network.name}`, deadline = DEFAULT_CLAIM_DEADLINE } = options
  const stores = await openNatsStores({ servers, name, deadline })
  const frontier = new NatsFrontier(stores, options, { clock, onTrouble, worker })
  try {
    await frontier.firstRound()
    return frontier
  } catch (error) {
    await frontier.close()
    throw error
  }
}

class NatsFrontier implements Frontier {
  readonly #stores: NatsStores
  readonly #worker: string
  readonly #clock: Clock
  readonly #hostPause: number
  readonly #patience: NatsPatience
  readonly #nodes: NatsNodes
  readonly #queue: NatsQueue
  readonly #stuck: StuckQueue
  readonly #intake: NatsIntake
  readonly #locks: HostLocks
  readonly #leaving = new AbortController()
  readonly #wakeUp = new WakeUp()
  readonly #ready: OpenClaim[] = []
  readonly #claims = new Set<OpenClaim>()
  #arriving = 0
  #request: NatsRequest | undefined
  #isRequesting = false
  /** Resolves when the server knows of no request that nobody waits for. */
  #withdrawn = Promise.resolve()
  #isLooking = false
  /** How often work was asked for: what was looked at before the last time says nothing of it. */
  #turn = 0
  #isOver = false
  #failure: { readonly error: unknown } | undefined

  constructor(
    stores: NatsStores,
    { network, hostPause = DEFAULT_HOST_PAUSE }: NatsFrontierOptions,
    parts: {
      readonly clock: Clock
      readonly onTrouble: (error: unknown) => void
      readonly worker: string
    },
  ) {
    this.#stores = stores
    this.#worker = parts.worker
    this.#clock = parts.clock
    this.#hostPause = Math.min(hostPause, stores.deadline)
    const { clock, onTrouble, worker } = parts
    this.#patience = new NatsPatience({
      clock,
      signal: this.#leaving.signal,
      onTrouble,
      look: () => lookAtStores(stores),
    })
    const patience = this.#patience
    this.#nodes = new NatsNodes(stores.nodes, network, patience)
    this.#queue = new NatsQueue(stores, network, patience)
    this.#stuck = new StuckQueue(stores, patience)
    this.#intake = new NatsIntake(this.#nodes, this.#queue)
    this.#locks = new HostLocks(stores, { patience, clock, pause: this.#hostPause, worker })
  }

  /** Begins the first round where there was none. */
  async firstRound(): Promise<void> {
    const round = { number: 1, began: this.#clock.wallTime() }
    await this.#nodes.setRound(round, 0)
  }

  async add(addresses: readonly PeerAddress[]): Promise<number> {
    const { round } = await this.#nodes.round()
    return await this.#intake.take(addresses, round.number)
  }

  async claim(most: number, signal: AbortSignal): Promise<readonly Claim[]> {
    this.#turn += 1
    this.#isOver = false
    while (!signal.aborted && !this.#leaving.signal.aborted && most > 0) {
      if (this.#failure !== undefined) throw this.#failure.error
      const taken = this.#ready.splice(0, most)
      if (taken.length > 0) {
        for (const claim of taken) this.#claims.add(claim)
        return taken.map((claim) => this.#handle(claim))
      }
      if (this.#isAtEnd()) break
      // What has come, and is being looked at, is not asked for once more: another may have it.
      const wanted = most - this.#arriving
      if (!this.#isRequesting && wanted > 0) void this.#ask(wanted)
      if (!this.#isLooking) void this.#look()
      await this.#wakeUp.wait(signal)
    }
    void this.#withdraw()
    return []
  }

  async beginRound({ after }: BeginRoundOptions): Promise<boolean> {
    const { round, revision } = await this.#nodes.round()
    const now = this.#clock.wallTime()
    if (round.filling === true) {
      await this.#intake.fill(round.number)
      return false
    }
    if (!isDue(round, now, after) || (await this.#queue.size()) > 0) return false
    const next = { number: round.number + 1, began: now, filling: true }
    if (!(await this.#nodes.setRound(next, revision))) return false
    await this.#intake.fill(next.number)
    return true
  }

  async counts(): Promise<FrontierCounts> {
    const { round } = await this.#nodes.round()
    return {
      round: round.number,
      roundBegan: round.began,
      known: await this.#nodes.count(),
      open: await this.#queue.size(),
    }
  }

  snapshot(): AsyncIterable<KnownNode> {
    return this.#nodes.all()
  }

  async close(): Promise<void> {
    if (this.#leaving.signal.aborted) return
    this.#leaving.abort()
    await this.#withdraw()
    while (this.#arriving > 0) await this.#wakeUp.wait()
    const held = [...this.#claims, ...this.#ready.splice(0)]
    await Promise.all(held.map((claim) => this.#release(claim).catch(() => undefined)))
    // Who waits for another port of a host that was visited last need not wait for the bucket's age.
    await this.#soon(this.#locks.rested(FAREWELL))
    this.#locks.close()
    this.#wakeUp.ring()
    const { connection } = this.#stores
    // What was said is sent before it goes.
    await this.#soon(connection.flush())
    await connection.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #handle(claim: OpenClaim): Claim {
    const { address, round, until } = claim
    return {
      address,
      round,
      until,
      done: (facts: NodeFacts, given) => this.#settle(claim, { reached: true, ...facts }, given),
      failed: (failure) => this.#settle(claim, { reached: false, failure }, []),
      release: () => this.#release(claim),
    }
  }

  #isAtEnd(): boolean {
    return this.#isOver && this.#arriving === 0
  }

  /** Nobody is here for what would come: asks for no more. */
  #withdraw(): Promise<void> {
    const request = this.#request
    if (!this.#isRequesting || request === undefined) return this.#withdrawn
    const told = request.cancel().then(() => this.#queue.forgetRequests())
    return (this.#withdrawn = this.#soon(told))
  }

  /** Does not wait long: a server that is not there holds up nobody who leaves. */
  async #soon(work: Promise<unknown>): Promise<void> {
    const ended = new AbortController()
    const end = (): void => ended.abort()
    work.then(end, end)
    await this.#patience.pause(FAREWELL, ended.signal)
  }

  /** Asks the server for work, until it has given so much or says that it does not. */
  async #ask(most: number): Promise<void> {
    this.#isRequesting = true
    try {
      this.#request = this.#queue.request(most, this.#clock, (delivery) => void this.#arrived(delivery))
      // Asked again at once it would say no again.
      if ((await this.#request.ended) === 'refused') await this.#patience.pause()
    } catch {
      // The connection is closed, or about to be.
      await this.#patience.pause()
    } finally {
      this.#isRequesting = false
      this.#wakeUp.ring()
    }
  }

  /** Looks whether the round is over, and not again for a while. */
  async #look(): Promise<void> {
    this.#isLooking = true
    const turn = this.#turn
    try {
      // With a visit of its own under way it is not.
      const isOver = this.#claims.size === 0 && (await this.#hasEnded())
      if (turn !== this.#turn) return
      this.#isOver = isOver
      if (!isOver) await this.#patience.pause(LOOKED_AFTER, this.#leaving.signal)
    } catch (error) {
      // What the server says no to is not asked again.
      if (isRefusal(error)) this.#failure = { error: unavailable(error) }
      else await this.#patience.pause()
    } finally {
      this.#isLooking = false
      this.#wakeUp.ring()
    }
  }

  /** No address is queued, or with a worker; and none is still to be queued. */
  async #hasEnded(): Promise<boolean> {
    if ((await this.#queue.size()) > 0) {
      await this.#stuck.look(this.#clock.now())
      return false
    }
    const { round } = await this.#nodes.round()
    if (round.filling !== true) return true
    // Whoever began it has gone.
    await this.#intake.fill(round.number)
    return false
  }

  async #arrived(delivery: NatsDelivery): Promise<void> {
    this.#arriving += 1
    try {
      const claim = await this.#take(delivery)
      if (claim !== undefined) this.#ready.push(claim)
    } catch (error) {
      // Else it is offered again at its deadline.
      if (isRefusal(error)) this.#failure = { error: unavailable(error) }
    } finally {
      this.#arriving -= 1
      this.#wakeUp.ring()
    }
  }

  /** @returns undefined where it is not to be visited, or not now. */
  async #take(delivery: NatsDelivery): Promise<OpenClaim | undefined> {
    const errand = this.#queue.errandOf(delivery)
    if (errand === undefined) {
      delivery.never()
      return undefined
    }
    const { address, round } = errand
    const until = (this.#clock.now() + this.#stores.deadline) as Instant
    const lock = await this.#locks.take(formatHost(address))
    if (lock === undefined) {
      delivery.again(Math.min(Math.max(this.#hostPause, OFFERED_AGAIN.least), OFFERED_AGAIN.most))
      return undefined
    }
    // Only now: while the host was another's, that other may have been here.
    const known = await this.#nodes.get(address)
    if (known.node.round >= round) {
      delivery.done()
      await lock.free()
      return undefined
    }
    return { address, round, until, delivery, lock, known }
  }

  async #settle(claim: OpenClaim, outcome: VisitOutcome, given: readonly PeerAddress[]): Promise<Settled> {
    if (!this.#claims.delete(claim)) return { counted: false, added: 0 }
    const { round, delivery, lock } = claim
    const added = await this.#intake.take(given, round)
    const counted = await this.#note(claim, outcome)
    // Where the answer is lost it is offered again, found to be visited, and dropped. The server hears
    // answers in their order: who waits for that of the last claim has waited for all.
    if (this.#claims.size > 0) delivery.done()
    else await delivery.noted().catch(() => undefined)
    lock.rest()
    return { counted, added }
  }

  /**
   * Notes what a visit has learnt, unless another has noted one of this round. That somebody has noted the
   * address alone meanwhile, as whoever queued it does, is no visit.
   */
  async #note({ round, address, known }: OpenClaim, outcome: VisitOutcome): Promise<boolean> {
    const stamp = { round, lastTry: this.#clock.wallTime(), worker: this.#worker }
    let before = known
    while (!(await this.#nodes.set(before, afterVisit(before.node, outcome, stamp)))) {
      before = await this.#nodes.get(address)
      if (before.node.round >= round) return false
    }
    return true
  }

  async #release(claim: OpenClaim): Promise<void> {
    this.#claims.delete(claim)
    await claim.lock.free()
    await this.#withdrawn
    claim.delivery.again()
  }
}

/** An address that this worker has. */
interface OpenClaim extends Errand {
  readonly until: Instant
  readonly delivery: NatsDelivery
  readonly lock: HostLock
  readonly known: KnownEntry
}
