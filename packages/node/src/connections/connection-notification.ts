import type { PeerId, PeerNotification } from '@sapwood/peer'
import type { Transport } from '@sapwood/transport-v1v2'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { InboundStream } from './listener.ts'

/** What connections tell the node's loop of. */
export type ConnectionNotification =
  /** From a peer (`@sapwood/peer`). */
  PeerNotification | InboundNotification | TransportNotification

/** A remote reached one of our listeners. */
interface InboundNotification {
  readonly type: 'inbound'
  readonly inbound: InboundStream
  readonly at: Instant
}

/**
 * A dial came to its end (`dialled`), or a remote that reached us agrees on a
 * transport or does not (`accepted`).
 */
export interface TransportNotification {
  readonly type: 'dialled' | 'accepted'
  readonly peer: PeerId
  readonly at: Instant
  readonly outcome: { readonly transport: Transport } | { readonly error: Error }
}
