import { formatHost, type PeerAddress } from '@sapwood/wire-codec'
import { FORGOTTEN_AFTER, MAX_KNOWN_ADDRESSES } from './frontier.ts'
import { HostTable } from './host-table.ts'
import { neverTried } from './known-node.ts'
import type { NatsNodes } from './nats-nodes.ts'
import type { NatsQueue } from './nats-queue.ts'

/** Addresses that are handed to the server at the same time. */
const ADDED_AT_ONCE = 64
/** New addresses after which it is looked at how many all workers together remember. */
const ROOM_LOOKED_AT = 1_000

/** Puts into the queue what is to be visited: what was heard of, and in a new round what is known. */
export class NatsIntake {
  readonly #nodes: NatsNodes
  readonly #queue: NatsQueue
  /** What this worker has seen on the server in this round: it does not ask of that again. */
  #seen = new HostTable()
  #seenIn = 0
  /** New addresses until it is looked at how many there are. */
  #room = 0

  constructor(nodes: NatsNodes, queue: NatsQueue) {
    this.#nodes = nodes
    this.#queue = queue
  }

  /** Queues what no worker has heard of. @returns how many those were. */
  async take(addresses: readonly PeerAddress[], round: number): Promise<number> {
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
      const results = await Promise.all(part.map((address) => this.#takeOne(address, round)))
      const taken = results.filter(Boolean).length
      this.#room -= taken
      added += taken
    }
    return added
  }

  /** Queues every address of a round that has not been visited in it. Doing it twice does no harm. */
  async fill(number: number): Promise<void> {
    let part: Promise<void>[] = []
    for await (const node of this.#nodes.all()) {
      if (node.round >= number) continue
      const { address, failures } = node
      const isForgotten = failures >= FORGOTTEN_AFTER
      part.push(isForgotten ? this.#nodes.delete(node) : this.#queue.put({ address, round: number }))
      if (part.length < ADDED_AT_ONCE) continue
      await Promise.all(part)
      part = []
    }
    await Promise.all(part)
    const { round, revision } = await this.#nodes.round()
    if (round.number === number && round.filling === true) {
      await this.#nodes.setRound({ number, began: round.began }, revision)
    }
  }

  /** Looked at now and then: that a few more than there may be are remembered does no harm. */
  async #hasRoom(): Promise<boolean> {
    if (this.#room > 0) return true
    this.#room = Math.min(ROOM_LOOKED_AT, MAX_KNOWN_ADDRESSES - (await this.#nodes.count()))
    return this.#room > 0
  }

  /** Queued first, noted then: a worker that dies between the two has queued what is visited in any case. */
  async #takeOne(address: PeerAddress, round: number): Promise<boolean> {
    const known = await this.#nodes.get(address)
    if (known.revision > 0) return false
    await this.#queue.put({ address, round })
    return await this.#nodes.set(known, neverTried(address))
  }
}
