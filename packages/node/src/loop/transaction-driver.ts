import { type Block, isLocal } from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId, type PeerServices } from '@sapwood/peer'
import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'
import { hostKey } from '../addresses/address-key.ts'
import { type ConnectionRecord, type ReadyConnection, remoteOf } from '../connections/connection-record.ts'
import type { EventSink } from '../events/event-source.ts'
import type { TipChange } from '../chain/chain-entry.ts'
import type { CurrentPhase } from '../chain/current-phase.ts'
import type { TransactionEvents } from '../transactions/transaction-events.ts'
import type { TransactionAction } from '../transactions/transaction-action.ts'
import type { TransactionRelay } from '../transactions/transaction-relay.ts'
import type { CallQueue } from './call-queue.ts'
import { inventoryOf, type NodePart, type ReceivedMessage } from './node-part.ts'
import { doToPeer, type PeerActionComponents } from './peer-actions.ts'

export interface TransactionDriverComponents extends PeerActionComponents {
  readonly clock: Clock
  readonly relay: TransactionRelay
  readonly calls: Pick<CallQueue, 'post'>
  readonly events: EventSink<TransactionEvents>
  /** Before the chain is known, what is announced or sent is of no interest (Core). */
  readonly phase: Pick<CurrentPhase, 'now'>
}

/** Joins the transaction relay to the peers: tells it what came, and does what it says. */
export class TransactionDriver implements NodePart {
  readonly #parts: TransactionDriverComponents
  readonly #peers = new Set<PeerId>()
  #willGoOn = false

  constructor(components: TransactionDriverComponents) {
    this.#parts = components
  }

  get isBusy(): boolean {
    return this.#parts.relay.broadcasts().some(({ confirmed, seenFrom }) => !confirmed && seenFrom === 0)
  }

  ready(record: ReadyConnection): void {
    const behaviour = kindBehaviour[record.kind]
    if (behaviour.shortLived) return
    this.#peers.add(record.id)
    const { relay, wtxidRelay, commonVersion } = record.version
    const host = hostOf(record)
    const facts = {
      relays: behaviour.relaysTransactions && relay,
      mayAnnounce: behaviour.relaysTransactions,
      outbound: behaviour.direction === 'outbound',
      wtxidRelay,
      commonVersion,
      ...(host !== undefined && { host }),
    }
    this.run(this.#parts.relay.addPeer(record.id, facts, this.#now()))
  }

  closed({ id }: ConnectionRecord): void {
    if (this.#peers.delete(id)) this.run(this.#parts.relay.removePeer(id, this.#now()))
  }

  message(record: ReadyConnection, received: ReceivedMessage, at: Instant): void {
    const { message } = received
    if (!this.#peers.has(record.id)) return
    const { relay, phase } = this.#parts
    switch (message.type) {
      case 'inv':
        if (phase.now.relaysTransactions) this.run(relay.onInventory(record.id, inventoryOf(received), at))
        return
      case 'tx':
        if (!phase.now.relaysTransactions) return
        this.run(relay.onTransaction(record.id, message.transaction, at))
        return
      case 'notfound':
        this.run(relay.onNotFound(record.id, inventoryOf(received), at))
        return
      case 'feefilter':
        relay.onFeeFilter(record.id, message.feeRate)
        return
      default:
        return
    }
  }

  block(block: Block, height: number): void {
    this.run(this.#parts.relay.onBlock(block, height, this.#now()))
  }

  tipChanged(change: TipChange): void {
    this.#parts.relay.onTipChange(change)
  }

  tick(now: Instant): void {
    this.run(this.#parts.relay.tick(now))
  }

  /** What a peer's `getdata` is answered with. */
  readonly serve: NonNullable<PeerServices['transaction']> = (id, { peer }) => {
    const { transaction, actions } = this.#parts.relay.serve(peer, id, this.#now())
    this.run(actions)
    return transaction
  }

  /** What a peer's `mempool` is answered with. */
  readonly mempool: NonNullable<PeerServices['mempool']> = ({ peer }) => this.#parts.relay.toldTo(peer)

  run(actions: readonly TransactionAction[]): void {
    for (const action of actions) this.#do(action)
    if (!this.#parts.relay.isBehind || this.#willGoOn) return
    this.#willGoOn = true
    this.#parts.calls.post('transaction requests', () => {
      this.#willGoOn = false
      this.tick(this.#now())
    })
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

/**
 * Who a peer is, whatever connection it comes on: where we dialled it, else the host that it came from; on
 * this machine, and behind a hidden service, those who dial us cannot be told apart.
 */
function hostOf(record: ConnectionRecord): string | undefined {
  if (record.kind !== 'inbound') return record.key
  const address = remoteOf(record)
  return address === undefined || isLocal(address) ? undefined : hostKey(address)
}
