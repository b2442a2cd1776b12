import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { KvEntry } from '@nats-io/kv'
import { type Clock, type Instant, systemClock, WakeUp } from '@sapwood/transport-v1v2/environment'
import { formatHost, formatPeerAddress, type Network, type PeerAddress } from '@sapwood/wire-codec'
import {
  type BeginRoundOptions,
  type Claim,
  DEFAULT_CLAIM_DEADLINE,
  DEFAULT_HOST_PAUSE,
  FORGOTTEN_AFTER,
  type Frontier,
  type FrontierCounts,
  MAX_KNOWN_ADDRESSES,
  type Settled,
} from './frontier.ts'
import { type HostLock, HostLocks } from './host-locks.ts'
import { HostTable } from './host-table.ts'
import { afterVisit, type KnownNode, type NodeFacts, neverTried, type VisitOutcome } from './known-node.ts'
import { decodeKnownNode, encodeKnownNode } from './known-node-record.ts'
import { natsKey, textOfNatsKey } from './nats-key.ts'
import { isRefusal, isWrongSequence, NatsPatience } from './nats-patience.ts'
import { type NatsStores, openNatsStores } from './nats-stores.ts'
import { readAddress } from './read-address.ts'
import { decodeRound, encodeRound, type Round } from './round.ts'

/** The key of the round: no address has it, for each has a port. */
const ROUND_KEY = 'round'
/** Milliseconds that the server keeps a request for work open; then the end of the round is looked for. */
const PULL_WAIT = 1_000
/** Addresses that are handed to the server at the same time. */
const ADDED_AT_ONCE = 64
/** New addresses after which it is looked at how many all workers together remember. */
const ROOM_LOOKED_AT = 1_000
/** Milliseconds after which an address whose host is busy or rests is offered again, at least and at most. */
const OFFERED_AGAIN = { least: 100, most: 5_000 }

/** What a worker is told of the frontier that it shares. */
export interface NatsFrontierOptions {
  readonly network: Network
  /** `nats://host:port`, or several of one cluster. */
  readonly servers: string | readonly string[]
  /** Tells this worker from the others in what is known. */
  readonly worker: string
  /** Which crawl, where a server has several of one network. Default: `crawl-` and the network's name. */
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
 * @throws what the client throws where no server is there at first, or has no JetStream.
 */
export async function openNatsFrontier(
  options: NatsFrontierOptions,
  { clock = systemClock, onTrouble = () => undefined }: NatsFrontierComponents = {},
): Promise<Frontier> {
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

/** An entry as it was read, and what it says. */
interface Known {
  readonly node: KnownNode
  /** 0 where there is none. */
  readonly revision: number
}

/** What is asked to be visited, as the queue has it. */
interface Errand {
  readonly address: PeerAddress
  readonly round: number
}

class NatsFrontier implements Frontier {
  readonly #stores: NatsStores
  readonly #network: Network
  readonly #worker: string
  readonly #clock: Clock
  readonly #hostPause: number
  readonly #patience: NatsPatience
  readonly #locks: HostLocks
  readonly #leaving = new AbortController()
  readonly #wakeUp = new WakeUp()
  /** What this worker has seen on the server in this round: it does not ask of that again. */
  #seen = new HostTable()
  #seenIn = 0
  /** New addresses until it is looked at how many there are. */
  #room = 0
  readonly #ready: OpenClaim[] = []
  readonly #claims = new Set<OpenClaim>()
  #arriving = 0
  #isPulling = false
  #pulled: ConsumerMessages | undefined
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
    this.#network = network
    this.#worker = parts.worker
    this.#clock = parts.clock
    this.#hostPause = Math.min(hostPause, stores.deadline)
    const { clock, onTrouble, worker } = parts
    this.#patience = new NatsPatience(clock, this.#leaving.signal, onTrouble)
    const patience = this.#patience
    this.#locks = new HostLocks(stores.hosts, { patience, clock, pause: this.#hostPause, worker })
  }

  /** Begins the first round where there was none. */
  async firstRound(): Promise<void> {
    const round = { number: 1, began: this.#clock.wallTime() }
    await this.#writeRound(round, 0)
  }

  async add(addresses: readonly PeerAddress[]): Promise<number> {
    const { round } = await this.#readRound()
    return await this.#takeUp(addresses, round.number)
  }

  async claim(most: number, signal: AbortSignal): Promise<readonly Claim[]> {
    this.#isOver = false
    while (!signal.aborted && !this.#leaving.signal.aborted && most > 0) {
      if (this.#failure !== undefined) throw this.#failure.error
      const taken = this.#ready.splice(0, most)
      if (taken.length > 0) {
        for (const claim of taken) this.#claims.add(claim)
        return taken.map((claim) => this.#handle(claim))
      }
      const wanted = most - this.#arriving
      if (this.#isAtEnd()) return []
      // What has come, and is being looked at, is not asked for once more: another may have it.
      if (!this.#isPulling && wanted > 0) void this.#pull(wanted)
      await this.#wakeUp.wait(signal)
    }
    return []
  }

  async beginRound({ after }: BeginRoundOptions): Promise<boolean> {
    const { round, revision } = await this.#readRound()
    const now = this.#clock.wallTime()
    if (round.filling === true) {
      await this.#fill(round.number)
      return false
    }
    if (now - round.began < after || (await this.#queued()) > 0) return false
    const next = { number: round.number + 1, began: now, filling: true }
    if (!(await this.#writeRound(next, revision))) return false
    await this.#fill(next.number)
    return true
  }

  async counts(): Promise<FrontierCounts> {
    const { round } = await this.#readRound()
    const { values } = await this.#patience.ask(() => this.#stores.nodes.status())
    // The round has an entry, too.
    return {
      round: round.number,
      roundBegan: round.began,
      known: Math.max(0, values - 1),
      open: await this.#queued(),
    }
  }

  async *snapshot(): AsyncGenerator<KnownNode, void, undefined> {
    const entries = await this.#patience.ask(() => this.#stores.nodes.history())
    for await (const { key, value, operation } of entries) {
      if (operation !== 'PUT' || key === ROUND_KEY) continue
      const address = readAddress(textOfNatsKey(key), this.#network)
      if (address !== undefined) yield decodeKnownNode(address, value)
    }
  }

  async close(): Promise<void> {
    if (this.#leaving.signal.aborted) return
    this.#leaving.abort()
    await this.#pulled?.close()
    while (this.#arriving > 0) await this.#wakeUp.wait()
    const held = [...this.#claims, ...this.#ready.splice(0)]
    await Promise.all(held.map((claim) => this.#release(claim).catch(() => undefined)))
    this.#locks.close()
    this.#wakeUp.ring()
    const { connection } = this.#stores
    // What was said is sent before it goes; a server that is not there holds nobody up.
    const sent = connection.flush().catch(() => undefined)
    await Promise.race([sent, this.#patience.pause()])
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

  /** Asks the server for work until its request has ended, and then whether there is any left. */
  async #pull(most: number): Promise<void> {
    this.#isPulling = true
    try {
      // Without a visit of its own under way it may be the end: no request has to run out to see that.
      if (this.#claims.size === 0 && (this.#isOver = await this.#hasEnded())) return
      const messages = await this.#patience.ask(() =>
        this.#stores.consumer.fetch({ max_messages: most, expires: PULL_WAIT }),
      )
      this.#pulled = messages
      let came = 0
      for await (const message of messages) {
        came += 1
        this.#arriving += 1
        void this.#arrived(message)
      }
      if (came === 0) this.#isOver = await this.#hasEnded()
    } catch (error) {
      // A request that broke off with its connection is made again; what the server says no to is not.
      if (isRefusal(error)) this.#failure = { error }
      else await this.#patience.pause()
    } finally {
      this.#isPulling = false
      this.#wakeUp.ring()
    }
  }

  /** No address is queued, or with a worker; and none is still to be queued. */
  async #hasEnded(): Promise<boolean> {
    if ((await this.#queued()) > 0) return false
    const { round } = await this.#readRound()
    if (round.filling !== true) return true
    // Whoever began it has gone.
    await this.#fill(round.number)
    return false
  }

  async #arrived(message: JsMsg): Promise<void> {
    try {
      const claim = await this.#take(message)
      if (claim !== undefined) this.#ready.push(claim)
    } catch {
      // It is offered again at its deadline.
    } finally {
      this.#arriving -= 1
      this.#wakeUp.ring()
    }
  }

  /** @returns undefined where it is not to be visited, or not now. */
  async #take(message: JsMsg): Promise<OpenClaim | undefined> {
    const errand = this.#errand(message)
    if (errand === undefined) {
      message.term('no address')
      return undefined
    }
    const { address, round } = errand
    const until = (this.#clock.now() + this.#stores.deadline) as Instant
    const lock = await this.#locks.take(formatHost(address))
    if (lock === undefined) {
      message.nak(Math.min(Math.max(this.#hostPause, OFFERED_AGAIN.least), OFFERED_AGAIN.most))
      return undefined
    }
    // Only now: while the host was another's, that other may have been here.
    const known = await this.#known(address)
    if (known.node.round >= round) {
      message.ack()
      await lock.free()
      return undefined
    }
    return { address, round, until, message, lock, known }
  }

  async #settle(claim: OpenClaim, outcome: VisitOutcome, given: readonly PeerAddress[]): Promise<Settled> {
    if (!this.#claims.delete(claim)) return { counted: false, added: 0 }
    const { round, message, lock } = claim
    const added = await this.#takeUp(given, round)
    const counted = await this.#note(claim, outcome)
    // Where the answer is lost it is offered again, found to be visited, and dropped.
    await message.ackAck().catch(() => undefined)
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
    while (!(await this.#compareAndSet(before, afterVisit(before.node, outcome, stamp)))) {
      before = await this.#known(address)
      if (before.node.round >= round) return false
    }
    return true
  }

  async #release(claim: OpenClaim): Promise<void> {
    this.#claims.delete(claim)
    await claim.lock.free()
    claim.message.nak()
  }

  /** @returns false where another has written it meanwhile. */
  async #compareAndSet({ revision }: Known, node: KnownNode): Promise<boolean> {
    const key = natsKey(formatPeerAddress(node.address))
    const value = encodeKnownNode(node)
    const { nodes } = this.#stores
    try {
      await this.#patience.ask(() =>
        revision === 0 ? nodes.create(key, value) : nodes.update(key, value, revision),
      )
      return true
    } catch (error) {
      if (!isWrongSequence(error)) throw error
    }
    // The first answer may have been lost, and what is there is our own.
    const found = await this.#patience.ask(() => nodes.get(key))
    return found !== null && isEqual(found.value, value)
  }

  /** Queues what no worker has heard of. @returns how many those were. */
  async #takeUp(addresses: readonly PeerAddress[], round: number): Promise<number> {
    if (round !== this.#seenIn) {
      // What was forgotten with the last round may be heard of again.
      this.#seen = new HostTable()
      this.#seenIn = round
    }
    const fresh = addresses.filter((each) => this.#seen.note({ host: formatHost(each), port: each.port }))
    let added = 0
    for (let at = 0; at < fresh.length; at += ADDED_AT_ONCE) {
      if (!(await this.#hasRoom())) break
      const part = fresh.slice(at, at + ADDED_AT_ONCE)
      const results = await Promise.all(part.map((address) => this.#takeUpOne(address, round)))
      added += results.filter(Boolean).length
    }
    this.#room -= added
    return added
  }

  /** Looked at now and then: that a few more than there may be are remembered does no harm. */
  async #hasRoom(): Promise<boolean> {
    if (this.#room > 0) return true
    const { values } = await this.#patience.ask(() => this.#stores.nodes.status())
    this.#room = Math.min(ROOM_LOOKED_AT, MAX_KNOWN_ADDRESSES - values)
    return this.#room > 0
  }

  /** Queued first, noted then: a worker that dies between the two has queued what is visited in any case. */
  async #takeUpOne(address: PeerAddress, round: number): Promise<boolean> {
    const known = await this.#known(address)
    if (known.revision > 0) return false
    await this.#queue(address, round)
    return await this.#compareAndSet(known, neverTried(address))
  }

  async #queue(address: PeerAddress, round: number): Promise<void> {
    const text = formatPeerAddress(address)
    const { jetStream, subject } = this.#stores
    await this.#patience.ask(() =>
      jetStream.publish(subject, JSON.stringify({ address: text, round }), { msgID: `${round} ${text}` }),
    )
  }

  /** Queues every address of a round that has not been visited in it. Doing it twice does no harm. */
  async #fill(number: number): Promise<void> {
    let part: Promise<void>[] = []
    for await (const node of this.snapshot()) {
      if (node.round >= number) continue
      part.push(node.failures < FORGOTTEN_AFTER ? this.#queue(node.address, number) : this.#forget(node))
      if (part.length < ADDED_AT_ONCE) continue
      await Promise.all(part)
      part = []
    }
    await Promise.all(part)
    const { round, revision } = await this.#readRound()
    if (round.number === number && round.filling === true) {
      await this.#writeRound({ number, began: round.began }, revision)
    }
  }

  async #forget({ address }: KnownNode): Promise<void> {
    await this.#patience.ask(() => this.#stores.nodes.delete(natsKey(formatPeerAddress(address))))
  }

  async #known(address: PeerAddress): Promise<Known> {
    const entry = await this.#patience.ask(() => this.#stores.nodes.get(natsKey(formatPeerAddress(address))))
    if (!isThere(entry)) return { node: neverTried(address), revision: 0 }
    return { node: decodeKnownNode(address, entry.value), revision: entry.revision }
  }

  async #readRound(): Promise<{ readonly round: Round; readonly revision: number }> {
    const entry = await this.#patience.ask(() => this.#stores.nodes.get(ROUND_KEY))
    const round = isThere(entry) ? decodeRound(entry.value) : undefined
    return { round: round ?? { number: 1, began: 0 }, revision: entry?.revision ?? 0 }
  }

  /** @returns false where another was first. */
  async #writeRound(round: Round, revision: number): Promise<boolean> {
    const value = encodeRound(round)
    const { nodes } = this.#stores
    try {
      await this.#patience.ask(() =>
        revision === 0 ? nodes.create(ROUND_KEY, value) : nodes.update(ROUND_KEY, value, revision),
      )
      return true
    } catch (error) {
      if (isWrongSequence(error)) return false
      throw error
    }
  }

  /** Addresses that wait, or are with a worker. */
  async #queued(): Promise<number> {
    const { manager, stream } = this.#stores
    return (await this.#patience.ask(() => manager.streams.info(stream))).state.messages
  }

  #errand(message: JsMsg): Errand | undefined {
    const { address: text, round } = errandOf(message)
    const address = typeof text === 'string' ? readAddress(text, this.#network) : undefined
    if (address === undefined || typeof round !== 'number' || !Number.isSafeInteger(round)) return undefined
    return { address, round }
  }
}

/** An address that this worker has. */
interface OpenClaim {
  readonly address: PeerAddress
  readonly round: number
  readonly until: Instant
  readonly message: JsMsg
  readonly lock: HostLock
  readonly known: Known
}

function errandOf(message: JsMsg): { readonly address?: unknown; readonly round?: unknown } {
  try {
    return message.json()
  } catch {
    return {}
  }
}

function isThere(entry: KvEntry | null): entry is KvEntry {
  return entry !== null && entry.operation === 'PUT'
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
