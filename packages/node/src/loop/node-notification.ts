import type { NetworkAddress } from '@sapwood/wire-codec'
import type { PeerId, PeerNotification } from '@sapwood/peer'
import type { Instant, Transport } from '@sapwood/transport-v1v2'
import type { InboundStream } from '../connections/listener.ts'

/** What the timers are for: `tick` is the heartbeat of everything that waits. */
export type TimerName = 'tick'

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
  /** A remote reached one of our listeners. */
  | { readonly type: 'inbound'; readonly inbound: InboundStream; readonly at: Instant }
  /** A dial came to its end (`dialled`), or a remote that reached us agrees on a transport or does not (`accepted`). */
  | {
      readonly type: 'dialled' | 'accepted'
      readonly peer: PeerId
      readonly at: Instant
      readonly outcome: { readonly transport: Transport } | { readonly error: Error }
    }
  /** A DNS seed answered, or did not; or the fixed seeds have been read. */
  | {
      readonly type: 'seeded'
      readonly seed: string
      readonly from: 'dns' | 'fixed-seeds'
      readonly addresses: readonly NetworkAddress[]
      readonly error?: Error
    }
