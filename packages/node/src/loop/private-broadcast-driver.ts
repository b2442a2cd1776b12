import {
  type AddressNetwork,
  type Block,
  bytesToHex,
  hasWitness,
  type NetworkAddress,
  type Transaction,
  type Txid,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import type { DisconnectReport } from '@sapwood/peer'
import type { Clock, Instant, Random } from '@sapwood/transport-v1v2/environment'
import { addressKey } from '../addresses/address-key.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import type { AddedPeers } from '../connections/added-peers.ts'
import type { ConnectionManager } from '../connections/connection-manager.ts'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { NetworkSwitch } from '../connections/network-switch.ts'
import { pickPrivateTarget, type PrivateRoutes, privateRoutes } from '../connections/private-target.ts'
import { NodeError } from '../errors/node-error.ts'
import type { EventSink } from '../events/event-source.ts'
import type { TransactionEvents } from '../transactions/transaction-events.ts'
import type { NodeDialer } from '../connections/node-dialer.ts'
import {
  type PrivateBroadcast,
  PrivateBroadcastQueue,
  type PrivateBroadcastState,
} from '../transactions/private-broadcast.ts'
import type { TransactionRelay } from '../transactions/transaction-relay.ts'
import type { NodePart, ReceivedMessage } from './node-part.ts'

/**
 * Nodes that read a transaction with its witness whatever the `version` of its sender offers:
 * Core and its kin, and ours.
 */
const READS_WITNESS_ALWAYS = /^\/(?:Satoshi|sapwood):/

export interface PrivateBroadcastDriverComponents {
  readonly clock: Clock
  readonly random: Random
  readonly dialer: NodeDialer
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly table: ConnectionTable
  readonly connections: Pick<ConnectionManager, 'open'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly addresses: AddressManager
  readonly added: AddedPeers
  readonly relay: TransactionRelay
  readonly events: EventSink<TransactionEvents>
  readonly isAvoided: (address: NetworkAddress) => boolean
  /** Only the added peers may be dialled: there is nobody to broadcast to who does not know us. */
  readonly connectOnly: boolean
}

/**
 * Opens the connections of private broadcasts, and hears when their transactions come back.
 * Called on the loop.
 */
export class PrivateBroadcastDriver implements NodePart {
  readonly #parts: PrivateBroadcastDriverComponents
  readonly #queue: PrivateBroadcastQueue
  #torProven = false

  constructor(components: PrivateBroadcastDriverComponents) {
    this.#parts = components
    this.#queue = new PrivateBroadcastQueue(components)
  }

  /**
   * Begins a broadcast, now rather than at the next tick.
   * @throws NodeError `no-private-route`, `queue-full`, `invalid-argument`. Nothing has been sent then.
   */
  add(transaction: Transaction): PrivateBroadcastState {
    const { clock, relay } = this.#parts
    const id = txid(transaction)
    const key = bytesToHex(id)
    if (relay.broadcasts().some((broadcast) => bytesToHex(broadcast.txid) === key))
      throw new NodeError('invalid-argument', 'The transaction is being broadcast to all peers already')
    if (this.#routes().size === 0)
      throw new NodeError('no-private-route', 'Neither Tor nor I2P leads to peers of the node’s own choice')
    const state = this.#queue.add(transaction, clock.now())
    // Whoever told us of it has spared us the work.
    if (relay.get(id) !== undefined) return this.#seen(key) ?? state
    this.#tell(state)
    this.tick(clock.now())
    return state
  }

  cancel(id: Txid): boolean {
    return this.#queue.cancel(id)
  }

  has(id: Txid): boolean {
    return this.#queue.has(id)
  }

  states(): PrivateBroadcastState[] {
    return this.#queue.states()
  }

  /** Opens what is due. */
  tick(now: Instant): void {
    if (this.#queue.size === 0 || !this.#parts.networkSwitch.isOn) return
    const routes = this.#routes()
    for (const broadcast of this.#queue.due(now)) this.#open(broadcast, routes)
  }

  ready({ kind, address }: ReadyConnection): void {
    if (kind !== 'inbound' && address?.network === 'torv3') this.#torProven = true
  }

  closed(record: ConnectionRecord, report: DisconnectReport | undefined): void {
    if (record.kind !== 'private-broadcast') return
    const taken = report?.reason.code === 'purpose-met' && this.#couldRead(record)
    const state = this.#queue.ended(record.id, taken, this.#parts.clock.now())
    if (state !== undefined) this.#tell(state)
  }

  /**
   * Our `version` offers nothing, as Core's does not on such a connection. Some nodes take from it that no
   * witness follows: they answer the ping, and cannot read what they were given.
   */
  #couldRead({ version, privateTransaction }: ConnectionRecord): boolean {
    if (privateTransaction?.hasWitness !== true) return true
    return READS_WITNESS_ALWAYS.test(version?.userAgent ?? '')
  }

  /** What any other peer says: our transactions may be in it. */
  message({ kind }: ReadyConnection, received: ReceivedMessage): void {
    const { message } = received
    if (this.#queue.size === 0 || kind === 'private-broadcast' || message.type !== 'tx') return
    // Who was told its name can say that name, and with another witness it is nobody's to pass on: only the
    // transaction itself shows that somebody has it (Core, `PrivateBroadcast::Remove`).
    this.#seen(bytesToHex(wtxid(message.transaction)))
  }

  block(block: Block): void {
    if (this.#queue.size === 0) return
    for (const transaction of block.transactions) this.#seen(bytesToHex(txid(transaction)))
  }

  #routes(): PrivateRoutes {
    const { dialer, reachable, connectOnly } = this.#parts
    if (connectOnly) return new Map()
    return privateRoutes(dialer, { reachable, torProven: this.#torProven })
  }

  #open(broadcast: PrivateBroadcast, routes: PrivateRoutes): void {
    const { connections, addresses } = this.#parts
    const target = pickPrivateTarget(routes, {
      ...this.#parts,
      isExcluded: (address) => this.#isExcluded(address, broadcast),
    })
    if (target === undefined) return
    const { address, services } = target.info
    addresses.attempt(address, { countFailure: true })
    const { txid: id, payload } = broadcast
    const record = connections.open({
      kind: 'private-broadcast',
      address,
      services,
      dialer: target.dialer,
      privateTransaction: { txid: id, payload, hasWitness: hasWitness(broadcast.transaction) },
    })
    this.#tell(this.#queue.begin(broadcast, record.id, addressKey(address)))
  }

  /** Whoever knows us, or has it already. */
  #isExcluded(address: NetworkAddress, broadcast: PrivateBroadcast): boolean {
    const { table, added, isAvoided } = this.#parts
    const key = addressKey(address)
    return (
      broadcast.used.has(key) ||
      table.ofHost(address).length > 0 ||
      added.get(key) !== undefined ||
      isAvoided(address)
    )
  }

  #seen(key: string): PrivateBroadcastState | undefined {
    const state = this.#queue.seen(key)
    if (state !== undefined) this.#tell(state)
    return state
  }

  #tell(broadcast: PrivateBroadcastState): void {
    this.#parts.events.emit('private-broadcast-changed', { broadcast })
  }
}
