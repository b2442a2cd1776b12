import { type Channel, PeerError, type PeerId } from '@sapwood/peer'
import { AsyncQueue, type MemoryAccount } from '@sapwood/transport-v1v2/environment'
import { InventoryPieces } from './inventory-pieces.ts'
import type { NodeNotification } from './node-notification.ts'

/** Bytes of one peer that wait for the loop, at most, and messages; one message waits however long it is. */
export const MAX_PEER_BYTES = 262_144
export const MAX_PEER_MESSAGES = 64
/** Notifications of peers of our own choice that are handled for one of strangers, where both wait. */
const CHOSEN_FIRST = 4
/** What one notification counts for beside its payload: the objects that it was decoded to. */
const OVERHEAD = 512

interface Waiting {
  readonly notification: NodeNotification
  readonly accept: () => void
  readonly refuse: (error: Error) => void
}

/** What waits of one sender. */
interface Lane {
  readonly key: PeerId | 'own' | 'inbound'
  readonly queue: NodeNotification[]
  /** Senders that found no room, in order. */
  readonly senders: Waiting[]
  readonly account: MemoryAccount | undefined
  bytes: number
  /** What is left of the first of the queue, where that is handled in pieces. */
  pieces?: InventoryPieces | undefined
}

/**
 * What the loop has yet to handle: a lane for each peer, one for connections that come in, and one for what
 * is the node's own (programs, timers, dials). The loop takes from them in turn, every other time from its
 * own, so that nobody's burst stands between it and anybody else; four of peers that we chose come before one
 * of those who dialled us. A peer's lane is bounded in bytes, and all of them by the node's memory budget;
 * while its lane is full, the peer's socket is not read. A long list of announcements takes as many turns as
 * it has pieces.
 */
export class NotificationQueue implements Channel<NodeNotification> {
  readonly capacity: number = MAX_PEER_MESSAGES
  readonly #accountOf: (peer: PeerId) => MemoryAccount | undefined
  readonly #lanes = new Map<Lane['key'], Lane>()
  /** Lanes of peers that we chose, and of strangers, that hold something: the next to be served first. */
  readonly #chosen: Lane[] = []
  readonly #strangers: Lane[] = []
  /** How often in a row it was the turn of one that we chose. */
  #chosenInRow = 0
  readonly #own: Lane = { key: 'own', queue: [], senders: [], account: undefined, bytes: 0 }
  #ownWasLast = false
  #size = 0
  /** What a receiver waits for goes this way: what nobody waits for stays in its lane. */
  readonly #given: AsyncQueue<NodeNotification> = new AsyncQueue<NodeNotification>()

  /** @param accountOf What a peer holds counts there, as `notifications`. */
  constructor(accountOf: (peer: PeerId) => MemoryAccount | undefined = () => undefined) {
    this.#accountOf = accountOf
  }

  /** Notifications that wait, senders that found no room not counted. */
  get size(): number {
    return this.#size
  }

  send(notification: NodeNotification): Promise<void> {
    if (this.#given.ended) return Promise.reject(closedError())
    if (this.trySend(notification)) return Promise.resolve()
    const { senders } = this.#laneOf(notification)
    return new Promise((accept, refuse) => senders.push({ notification, accept, refuse }))
  }

  trySend(notification: NodeNotification): boolean {
    if (this.#given.ended) return false
    const { isAwaited } = this.#given
    if (isAwaited && InventoryPieces.of(notification) === undefined) {
      this.#given.push(notification)
      return true
    }
    const lane = this.#laneOf(notification)
    const isAdded = lane.senders.length === 0 && this.#add(lane, notification)
    const first = isAwaited ? this.tryReceive() : undefined
    if (first !== undefined) this.#given.push(first)
    return isAdded
  }

  receive(): Promise<NodeNotification | undefined> {
    return this.#size > 0 ? Promise.resolve(this.tryReceive()) : this.#given.take(undefined)
  }

  tryReceive(): NodeNotification | undefined {
    if (this.#size === 0) return undefined
    const isAnyPeers = this.#chosen.length > 0 || this.#strangers.length > 0
    const ownIsNext = this.#own.queue.length > 0 && (!this.#ownWasLast || !isAnyPeers)
    this.#ownWasLast = ownIsNext
    return this.#take(ownIsNext ? this.#own : this.#nextPeers())
  }

  close(): void {
    if (this.#given.ended) return
    this.#given.end()
    for (const lane of this.#lanes.values()) {
      for (const { refuse } of lane.senders.splice(0)) refuse(closedError())
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<NodeNotification> {
    return {
      next: async () => {
        const value = await this.receive()
        return value === undefined ? { done: true, value: undefined } : { done: false, value }
      },
    }
  }

  #nextPeers(): Lane {
    const isChosen =
      this.#chosen.length > 0 && (this.#strangers.length === 0 || this.#chosenInRow < CHOSEN_FIRST)
    this.#chosenInRow = isChosen ? this.#chosenInRow + 1 : 0
    return (isChosen ? this.#chosen : this.#strangers).shift()!
  }

  #wait(lane: Lane): void {
    const isChosen = lane.account !== undefined && lane.account.rank !== 'inbound'
    ;(isChosen ? this.#chosen : this.#strangers).push(lane)
  }

  #laneOf(notification: NodeNotification): Lane {
    const key = laneKey(notification)
    if (key === 'own') return this.#own
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      const account = key === 'inbound' ? undefined : this.#accountOf(key)
      lane = { key, queue: [], senders: [], account, bytes: 0 }
      this.#lanes.set(key, lane)
    }
    return lane
  }

  /**
   * @returns whether there was room. An empty lane takes anything: that is one message,
   * however full the house is.
   */
  #add(lane: Lane, notification: NodeNotification): boolean {
    const bytes = bytesOf(notification)
    if (lane.queue.length === 0 || typeof lane.key === 'string') lane.account?.hold('notifications', bytes)
    else if (lane.queue.length >= MAX_PEER_MESSAGES || lane.bytes + bytes > MAX_PEER_BYTES) return false
    else if (lane.account?.take('notifications', bytes) === false) return false
    lane.bytes += bytes
    lane.queue.push(notification)
    this.#size += 1
    if (lane !== this.#own && lane.queue.length === 1) this.#wait(lane)
    return true
  }

  #take(lane: Lane): NodeNotification {
    lane.pieces ??= InventoryPieces.of(lane.queue[0]!)
    if (lane.pieces?.isLast === false) {
      this.#wait(lane)
      return lane.pieces.next()
    }
    const piece = lane.pieces?.next()
    lane.pieces = undefined
    const notification = lane.queue.shift()!
    const bytes = bytesOf(notification)
    this.#size -= 1
    lane.bytes -= bytes
    lane.account?.give('notifications', bytes)
    if (lane === this.#own) return notification
    if (lane.queue.length > 0) this.#wait(lane)
    while (lane.senders.length > 0 && this.#add(lane, lane.senders[0]!.notification))
      lane.senders.shift()!.accept()
    if (lane.queue.length === 0) this.#lanes.delete(lane.key)
    return piece ?? notification
  }
}

function laneKey(notification: NodeNotification): Lane['key'] {
  switch (notification.type) {
    case 'peer':
      return notification.peer
    case 'inbound':
    case 'accepted':
      return 'inbound'
    default:
      return 'own'
  }
}

function bytesOf(notification: NodeNotification): number {
  if (notification.type !== 'peer' || notification.message.type !== 'message') return OVERHEAD
  return OVERHEAD + notification.message.payload.length
}

function closedError(): PeerError {
  return new PeerError('channel-closed', 'the queue of notifications is closed')
}
