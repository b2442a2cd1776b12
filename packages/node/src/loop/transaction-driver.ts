import type { Block, Message } from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId, type PeerServices } from '@sapwood/peer'
import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'
import type { EventSink } from '../events/event-source.ts'
import type { TransactionEvents } from '../transactions/transaction-events.ts'
import type { TransactionAction, TransactionRelay } from '../transactions/transaction-relay-types.ts'
import { doToPeer, type PeerActionComponents } from './peer-actions.ts'

export interface TransactionDriverComponents extends PeerActionComponents {
  readonly clock: Clock
  readonly relay: TransactionRelay
  readonly events: EventSink<TransactionEvents>
}

/** Joins the transaction relay to the peers: tells it what came, and does what it says. */
export class TransactionDriver {
  readonly #parts: TransactionDriverComponents
  readonly #peers = new Set<PeerId>()

  constructor(components: TransactionDriverComponents) {
    this.#parts = components
  }

  /** Something waits for its moment within the next second. */
  get isBusy(): boolean {
    return this.#parts.relay.broadcasts().some(({ confirmed, seenFrom }) => !confirmed && seenFrom === 0)
  }

  ready(record: ReadyConnection): void {
    const behaviour = kindBehaviour[record.kind]
    if (behaviour.shortLived) return
    this.#peers.add(record.id)
    const { relay, wtxidRelay, commonVersion } = record.version
    const facts = {
      relays: behaviour.relaysTransactions && relay,
      mayAnnounce: behaviour.relaysTransactions,
      outbound: behaviour.direction === 'outbound',
      wtxidRelay,
      commonVersion,
    }
    this.run(this.#parts.relay.addPeer(record.id, facts, this.#now()))
  }

  closed(id: PeerId): void {
    if (this.#peers.delete(id)) this.run(this.#parts.relay.removePeer(id, this.#now()))
  }

  /**
   * @param listens Whether what is announced is of interest: before the chain is known it is not.
   * @returns whether the message was about transactions.
   */
  message(record: ConnectionRecord, message: Message, at: Instant, listens: boolean): boolean {
    if (!this.#peers.has(record.id)) return false
    const { relay } = this.#parts
    switch (message.type) {
      case 'inv':
        if (listens) this.run(relay.onInventory(record.id, message.inventory, at))
        return true
      case 'tx':
        this.run(relay.onTransaction(record.id, message.transaction, at))
        return true
      case 'notfound':
        this.run(relay.onNotFound(record.id, message.inventory, at))
        return true
      case 'feefilter':
        relay.onFeeFilter(record.id, message.feeRate)
        return true
      default:
        return false
    }
  }

  /** A block of the best chain. */
  block(block: Block): void {
    this.run(this.#parts.relay.onBlock(block, this.#now()))
  }

  tick(): void {
    this.run(this.#parts.relay.tick(this.#now()))
  }

  /** What a peer's `getdata` is answered with. */
  readonly serve: NonNullable<PeerServices['transaction']> = (id, { peer }) => {
    const { transaction, actions } = this.#parts.relay.serve(peer, id)
    this.run(actions)
    return transaction
  }

  run(actions: readonly TransactionAction[]): void {
    for (const action of actions) this.#do(action)
  }

  #do(action: TransactionAction): void {
    const { table, events } = this.#parts
    switch (action.type) {
      case 'send':
      case 'punish':
      case 'disconnect':
        doToPeer(action, this.#parts)
        return
      case 'transaction-heard': {
        const record = table.get(action.peer)
        if (record !== undefined) record.lastTransaction = this.#now()
        events.emit('transaction-heard', { heard: action.heard, from: action.peer }, action.heard.size)
        return
      }
      case 'broadcast-changed':
        events.emit('broadcast-changed', { broadcast: action.state })
        return
    }
  }

  #now(): Instant {
    return this.#parts.clock.now()
  }
}
