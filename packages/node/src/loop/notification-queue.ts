import { type Channel, PeerError, type PeerId, type PeerNotification } from '@sapwood/peer'
import {
  AsyncQueue,
  type Clock,
  type MemoryAccount,
  systemClock,
  type TurnScheduler,
} from '@sapwood/transport-v1v2/environment'
import { InboundPlaces } from './inbound-places.ts'
import { InventoryPieces } from './inventory-pieces.ts'
import type { NodeNotification } from './node-notification.ts'

/** Bytes of one peer that wait for the loop, at most, and messages; one message waits however long it is. */
export const MAX_PEER_BYTES = 262_144
export const MAX_PEER_MESSAGES = 64
/** Notifications of peers of our own choice that are handled for one of strangers, where both wait. */
const CHOSEN_FIRST = 4
/** What one notification counts for beside its payload: the objects that it was decoded to. */
const NOTIFICATION_OVERHEAD = 512

export interface NotificationQueueComponents {
  /** What a peer holds counts there, as `notifications`. Default: nowhere. */
  readonly accountOf?: (peer: PeerId) => MemoryAccount | undefined
  /** While it says so, what strangers sent waits. Default: it never does. */
  readonly scheduler?: Pick<TurnScheduler, 'strangersPause'>
  readonly clock?: Clock
}

interface Waiting {
  readonly notification: NodeNotification
  readonly accept: () => void
  readonly refuse: (error: Error) => void
}

/** What waits of one sender. */
interface Lane {
  readonly key: PeerId | 'own' | 'inbound' | 'accepted'
  readonly queue: NodeNotification[]
  /** Senders that found no room, in order. */
  readonly senders: Waiting[]
  readonly account: MemoryAccount | undefined
  bytes: number
  /** What is left of the first of the queue, where that is handled in pieces. */
  pieces?: InventoryPieces | undefined
}

/**
 * What the loop has yet to handle: a lane for each peer, two for connections that come in, and one for what
 * is the node's own (programs, timers, dials). The loop takes from them in turn, every other time from its
 * own, so that nobody's burst stands between it and anybody else; four of peers that we chose come before one
 * of those who dialled us, and these wait while strangers have had more than their share of the time. A
 * peer's lane is bounded in bytes, and all of them by the node's memory budget; while its lane is full, the
 * peer's socket is not read. A long list of announcements takes as many turns as it has pieces.
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
  readonly #places = new InboundPlaces()
  #size = 0
  /** What a receiver waits for goes this way: what nobody waits for stays in its lane. */
  readonly #given: AsyncQueue<NodeNotification> = new AsyncQueue<NodeNotification>()
  readonly #scheduler: NotificationQueueComponents['scheduler']
  readonly #clock: Clock
  #isWakeSet = false
  #isClosing = false

  constructor(components: NotificationQueueComponents = {}) {
    const { accountOf = () => undefined, scheduler, clock = systemClock } = components
    this.#accountOf = accountOf
    this.#scheduler = scheduler
    this.#clock = clock
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
    if (notification.type === 'peer' && isOfNoUse(notification.message)) this.#letGo(notification.peer)
    const lane = this.#laneOf(notification)
    const isAdded = lane.senders.length === 0 && this.#add(lane, notification)
    this.#serve()
    return isAdded
  }

  receive(): Promise<NodeNotification | undefined> {
    const next = this.#given.isAwaited ? undefined : this.tryReceive()
    if (next !== undefined) return Promise.resolve(next)
    const given = this.#given.take(undefined)
    this.#wakeLater()
    return given
  }

  /** @returns undefined where nothing waits, or only what strangers sent and may not be handled yet. */
  tryReceive(): NodeNotification | undefined {
    if (this.#size === 0) return undefined
    const peers = this.#nextPeers()
    const ownIsNext = this.#own.queue.length > 0 && (!this.#ownWasLast || peers === undefined)
    this.#ownWasLast = ownIsNext
    if (ownIsNext) return this.#take(this.#own)
    if (peers === undefined) return undefined
    this.#chosenInRow = peers === this.#chosen ? this.#chosenInRow + 1 : 0
    return this.#take(peers.shift()!)
  }

  close(): void {
    if (this.#given.ended) return
    this.#isClosing = true
    this.#serve()
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

  /** Those whose turn it is; undefined where nobody's is. */
  #nextPeers(): Lane[] | undefined {
    const mayStrangers = this.#strangers.length > 0 && this.#strangersPause() === 0
    if (this.#chosen.length > 0 && (!mayStrangers || this.#chosenInRow < CHOSEN_FIRST)) return this.#chosen
    return mayStrangers ? this.#strangers : undefined
  }

  /** After the end nobody waits for anything. */
  #strangersPause(): number {
    return this.#isClosing ? 0 : (this.#scheduler?.strangersPause ?? 0)
  }

  /** Hands what may be handled to those who wait for it. */
  #serve(): void {
    while (this.#given.isAwaited) {
      const next = this.tryReceive()
      if (next === undefined) break
      this.#given.push(next)
    }
    this.#wakeLater()
  }

  /** Only what strangers sent waits, and it is not their time yet. */
  #wakeLater(): void {
    if (this.#isWakeSet || !this.#given.isAwaited || this.#size === 0) return
    this.#isWakeSet = true
    this.#clock.setTimer(Math.max(1, this.#strangersPause()), () => {
      this.#isWakeSet = false
      this.#serve()
    })
  }

  #wait(lane: Lane): void {
    const isChosen = lane.account !== undefined && lane.account.rank !== 'inbound'
    if (isChosen) this.#chosen.push(lane)
    // After one or two turns of others, however many are connected: they do not keep a newcomer from it.
    else if (lane.key === 'inbound') this.#strangers.splice(1, 0, lane)
    else if (lane.key === 'accepted') this.#strangers.splice(2, 0, lane)
    else this.#strangers.push(lane)
  }

  /** Its account is closed: what its lane held for longer would be counted nowhere. */
  #letGo(peer: PeerId): void {
    const lane = this.#lanes.get(peer)
    if (lane === undefined) return
    this.#lanes.delete(peer)
    for (const waiting of [this.#chosen, this.#strangers]) {
      const at = waiting.indexOf(lane)
      if (at >= 0) waiting.splice(at, 1)
    }
    this.#size -= lane.queue.length
    lane.account?.give('notifications', lane.bytes)
    for (const { accept } of lane.senders) accept()
  }

  #laneOf(notification: NodeNotification): Lane {
    const key = laneKey(notification)
    if (key === 'own') return this.#own
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      const account = typeof key === 'string' ? undefined : this.#accountOf(key)
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
    if (notification.type === 'inbound' && lane !== this.#own) {
      if (this.#places.areScarce) this.#passGone(lane)
      if (!this.#places.take(notification.inbound)) return false
    }
    if (lane.queue.length === 0 || typeof lane.key === 'string') lane.account?.hold('notifications', bytes)
    else if (lane.queue.length >= MAX_PEER_MESSAGES || lane.bytes + bytes > MAX_PEER_BYTES) return false
    else if (lane.account?.take('notifications', bytes) === false) return false
    lane.bytes += bytes
    lane.queue.push(notification)
    this.#size += 1
    if (lane !== this.#own && lane.queue.length === 1) this.#wait(lane)
    return true
  }

  /** Those who dialled and have gone stand in nobody's way: there is nothing to be done for them. */
  #passGone(inbound: Lane): void {
    // The first stays: by it the lane has its turn.
    for (let at = inbound.queue.length - 1; at > 0; at--) {
      const notification = inbound.queue[at]!
      if (notification.type !== 'inbound' || notification.inbound.stream.remoteEnded !== true) continue
      inbound.queue.splice(at, 1)
      inbound.bytes -= bytesOf(notification)
      this.#size -= 1
      this.#places.give(notification.inbound)
      this.#add(this.#own, notification)
    }
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
    if (notification.type === 'inbound') this.#places.give(notification.inbound)
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
      // Nothing of it is before this, and its place is free for others once it is handled.
      return isOfNoUse(notification.message) ? 'own' : notification.peer
    // Whoever has been let in does not stand behind those who have only dialled.
    case 'inbound':
    case 'accepted':
      return notification.type
    default:
      return 'own'
  }
}

/** The end of a connection that we did not want: what it sent before is not looked at, as in Core. */
function isOfNoUse(message: PeerNotification['message']): boolean {
  if (message.type !== 'disconnected') return false
  const { code } = message.reason
  return code === 'requested' || code === 'memory-full'
}

function bytesOf(notification: NodeNotification): number {
  if (notification.type !== 'peer' || notification.message.type !== 'message') return NOTIFICATION_OVERHEAD
  return NOTIFICATION_OVERHEAD + notification.message.payload.length
}

function closedError(): PeerError {
  return new PeerError('channel-closed', 'the queue of notifications is closed')
}
