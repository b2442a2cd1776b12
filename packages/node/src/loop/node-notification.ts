import type { InventoryPayload } from '@sapwood/wire-codec'
import type { PeerNotification } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { ConnectionNotification } from '../connections/connection-notification.ts'

/** What the timers are for: `tick` is the heartbeat of everything that waits. */
type TimerName = 'tick'

/** A long `inv` or `notfound`, of which some entries are to be handled now. */
export interface InventoryPiece extends PeerNotification {
  readonly entries: InventoryPayload
}

/**
 * Everything that the node's loop is told, in one order. Peers, users and timers reach the node's state in no
 * other way.
 */
export type NodeNotification =
  | ConnectionNotification
  | InventoryPiece
  /** From the handle: `run` does it, on the loop, and settles the caller's promise. */
  | { readonly type: 'user'; readonly call: string; readonly run: () => void }
  | { readonly type: 'timer'; readonly timer: TimerName; readonly at: Instant }
