import type { OwnMessageEvents } from '../connections/own-message-events.ts'
import type { AddressEvents } from '../addresses/address-events.ts'
import type { BanEvents } from '../addresses/ban-events.ts'
import type { BlockEvents } from '../blocks/block-events.ts'
import type { ChainEvents } from '../chain/chain-events.ts'
import type { ConnectionEvents } from '../connections/connection-events.ts'
import type { EventHub } from '../events/event-hub.ts'
import type {
  DroppedEvents,
  EventOf,
  EventSource,
  SubscribeOptions as SubscribeOptionsOf,
} from '../events/event-source.ts'
import type { UtreexoEvents } from '../utreexo/utreexo-events.ts'
import type { PhaseEvents } from '../chain/phase-events.ts'
import type { TransactionEvents } from '../transactions/transaction-events.ts'

/** Everything that a program is told of, by name. */
export interface NodeEvents
  extends PhaseEvents,
    ConnectionEvents,
    BanEvents,
    AddressEvents,
    ChainEvents,
    BlockEvents,
    TransactionEvents,
    OwnMessageEvents,
    UtreexoEvents,
    DroppedEvents {}

/** The name of an event of a node. */
export type NodeEventName = keyof NodeEvents

const KNOWN: Readonly<Record<NodeEventName, true>> = {
  phase: true,
  stopped: true,
  'peer-connecting': true,
  'connection-failed': true,
  'peer-connected': true,
  'transport-downgraded': true,
  'peer-ready': true,
  'peer-disconnected': true,
  'inbound-refused': true,
  'network-active': true,
  discouraged: true,
  'ban-added': true,
  'ban-lifted': true,
  'addresses-added': true,
  'tip-changed': true,
  'headers-progress': true,
  'block-received': true,
  'block-invalid': true,
  'block-unavailable': true,
  'blocks-stored': true,
  'transaction-heard': true,
  'broadcast-changed': true,
  'private-broadcast-changed': true,
  'own-message': true,
  'block-proved': true,
  'proof-invalid': true,
  'proof-late': true,
  'no-utreexo-peer': true,
  'utreexo-suspected': true,
  'utreexo-stopped': true,
  'utreexo-history-proved': true,
  'events-dropped': true,
}
/** The names of all events of a node, for programs that have no types to be told them by. */
export const nodeEventNames: readonly NodeEventName[] = Object.keys(KNOWN) as NodeEventName[]

/** One event: its name in `type`, when it happened, its facts. */
export type NodeEventOf<Name extends NodeEventName> = EventOf<NodeEvents, Name>
/** Any event of a node. */
export type NodeEvent = NodeEventOf<NodeEventName>
/** A node's events, to listen to. */
export type NodeEventSource = EventSource<NodeEvents>
/** Which events a subscription takes, and how many it holds. */
export type SubscribeOptions<Name extends NodeEventName = NodeEventName> = SubscribeOptionsOf<Name>
/** The way in, which only the node has. */
export type NodeEventHub = EventHub<NodeEvents>
