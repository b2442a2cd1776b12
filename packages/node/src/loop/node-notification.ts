import type { PeerId, PeerNotification } from '@sapwood/peer'
import type { Connection, Instant, Transport } from '@sapwood/transport-v1v2'
import type { InboundStream } from '../connections/listener.ts'

/** What the timers are for. */
export type TimerName = 'second' | 'save'

/**
 * Everything that the node's loop is told, in one order. Peers, users and timers reach the node's state in no other
 * way.
 */
export type NodeNotification =
  /** From a peer (`@sapwood/peer`). */
  | PeerNotification
  /** From the handle: `run` does it, on the loop, and settles the caller's promise. */
  | { readonly type: 'user'; readonly call: string; readonly run: () => void }
  | { readonly type: 'timer'; readonly timer: TimerName; readonly at: Instant }
  /** A dial came to its end. */
  | {
      readonly type: 'dialled'
      readonly peer: PeerId
      readonly at: Instant
      readonly outcome: { readonly connection: Connection } | { readonly error: Error }
    }
  /** A remote reached one of our listeners. */
  | { readonly type: 'inbound'; readonly inbound: InboundStream; readonly at: Instant }
  /** A remote that reached us and we agree on a transport, or do not. */
  | {
      readonly type: 'accepted'
      readonly peer: PeerId
      readonly at: Instant
      readonly outcome: { readonly transport: Transport } | { readonly error: Error }
    }
