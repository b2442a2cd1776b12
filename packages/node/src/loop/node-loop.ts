import type { PeerNotification } from '@sapwood/peer'
import {
  type CancelTimer,
  type Clock,
  type Logger,
  type TurnScheduler,
  WakeUp,
} from '@sapwood/transport-v1v2/environment'
import type { ConnectionManager } from '../connections/connection-manager.ts'
import { isReady } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import type { PhaseView } from '../chain/phases.ts'
import type { CallQueue } from './call-queue.ts'
import type { BanManager } from './ban-manager.ts'
import type { InboundDriver } from './inbound-driver.ts'
import type { InventoryPiece, NodeNotification } from './node-notification.ts'
import type { NodeParts } from './node-parts.ts'
import type { NotificationQueue } from './notification-queue.ts'

/**
 * Milliseconds between two ticks; shorter while blocks or a broadcast are on their way, which go by seconds.
 */
const TICK = 1_000
const BUSY_TICK = 500

export interface NodeLoopComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly scheduler: TurnScheduler
  readonly notifications: NotificationQueue
  readonly calls: CallQueue
  readonly table: ConnectionTable
  readonly connections: ConnectionManager
  readonly inbound: InboundDriver
  readonly networkSwitch: NetworkSwitch
  readonly banManager: BanManager
  readonly parts: NodeParts
  readonly phase: CurrentPhase
  readonly phaseView: () => PhaseView
}

/**
 * The owner of everything that changes: one loop over the notifications of peers, programs and timers. Each
 * is handled to its end before the next, by the parts of the node in their order. What is noted beside it, by
 * the tasks of single connections and calls, is listed in docs/architecture.md.
 */
export class NodeLoop {
  readonly #parts: NodeLoopComponents
  #ended = false
  #cancelTick: CancelTimer | undefined
  /** No connection is left. */
  readonly #empty = new WakeUp()

  constructor(components: NodeLoopComponents) {
    this.#parts = components
  }

  /**
   * Runs until the notifications end. Gives the event loop its turn back where handling them has taken long.
   */
  async run(): Promise<void> {
    const { clock, scheduler, notifications, phase, table } = this.#parts
    const lane = scheduler.lane()
    phase.begin()
    this.#handleSafely({ type: 'timer', timer: 'tick', at: clock.now() })
    for await (const notification of notifications) {
      const sent = this.#asksAhead(notification) ? lane.pass() : undefined
      if (sent !== undefined) await sent
      if (this.#isOfStranger(notification)) scheduler.forStrangers(() => this.#handleSafely(notification))
      else this.#handleSafely(notification)
      if (table.size === 0) this.#empty.ring()
      const turn = lane.due()
      if (turn !== undefined) await turn
    }
  }

  #isOfStranger(notification: NodeNotification): boolean {
    if (notification.type === 'inbound' || notification.type === 'accepted') return true
    return notification.type === 'peer' && this.#parts.table.get(notification.peer)?.memory.rank === 'inbound'
  }

  /** Whether something has been asked for that does not wait for the work which the notification takes. */
  #asksAhead(notification: NodeNotification): boolean {
    if (notification.type !== 'peer' || notification.message.type !== 'message') return false
    const { parts, table } = this.#parts
    const record = table.get(notification.peer)
    if (record === undefined || !isReady(record)) return false
    try {
      return parts.asksAhead(record, notification.message, notification.at)
    } catch (error) {
      this.#onFault(notification, error)
      return false
    }
  }

  #handleSafely(notification: NodeNotification): void {
    try {
      this.#handle(notification)
    } catch (error) {
      this.#onFault(notification, error)
    }
  }

  #handle(notification: NodeNotification): void {
    const { connections, inbound, phase, phaseView } = this.#parts
    switch (notification.type) {
      case 'peer':
        this.#onPeer(notification)
        break
      case 'user':
        notification.run()
        break
      case 'timer':
        this.#onTick()
        break
      case 'dialled':
      case 'accepted':
        connections.onTransport(notification)
        break
      case 'inbound':
        inbound.dialled(notification.inbound)
        break
    }
    phase.choose(phaseView())
  }

  /** What goes wrong with one notification ends at most the connection that it came from. */
  #onFault(notification: NodeNotification, error: unknown): void {
    const { logger, table, banManager } = this.#parts
    logger.error({ err: error, notification: notification.type }, 'a notification could not be handled')
    if (notification.type !== 'peer') return
    const record = table.get(notification.peer)
    if (record !== undefined) banManager.letGo(record, 'internal-error')
  }

  #onPeer({ peer, message, at, ...piece }: PeerNotification | InventoryPiece): void {
    const { connections, parts } = this.#parts
    const record = connections.onPeer(peer, message)
    if (record === undefined || message.type !== 'message' || !isReady(record)) return
    parts.message(record, 'entries' in piece ? { ...message, entries: piece.entries } : message, at)
  }

  #onTick(): void {
    const { clock, parts } = this.#parts
    try {
      parts.tick(clock.now())
    } finally {
      // Whatever went wrong in this one: without the next tick nothing would ever be due again.
      this.#setNextTick()
    }
  }

  #setNextTick(): void {
    if (this.#ended) return
    const { clock, parts, notifications } = this.#parts
    this.#cancelTick = clock.setTimer(parts.isBusy ? BUSY_TICK : TICK, () => {
      notifications.send({ type: 'timer', timer: 'tick', at: clock.now() }).catch(() => undefined)
    })
  }

  /** Begins the end, on the loop: nobody new, everyone out. Resolves when no connection is left. */
  async stop(): Promise<void> {
    const { calls, parts, networkSwitch } = this.#parts
    calls.refuse()
    parts.stop()
    const empty = this.#empty.wait()
    networkSwitch.stop()
    await empty
  }

  /** Ends the loop. */
  end(): void {
    const { connections, notifications } = this.#parts
    this.#ended = true
    this.#cancelTick?.()
    connections.abortAll()
    notifications.close()
  }
}
