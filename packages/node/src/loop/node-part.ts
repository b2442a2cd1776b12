import { type Block, InventoryPayload } from '@sapwood/wire-codec'
import type { DisconnectReport, PeerId, PeerMessage } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'

/** A message of a peer that is the node's to handle. */
export type ReceivedMessage = Extract<PeerMessage, { readonly type: 'message' }> & {
  /** What is to be handled of a long list now; see {@link inventoryOf}. */
  readonly entries?: InventoryPayload
}

/** What is to be handled now of an `inv` or a `notfound`: all of it, or a piece. */
export function inventoryOf({ entries, payload }: ReceivedMessage): InventoryPayload {
  return entries ?? InventoryPayload.of(payload)
}

/**
 * One behaviour of the node: what it does when something happens. It says only what it wants to hear of.
 * Everything is called on the node's loop, one part after the other in the order in which `assembleNode`
 * lists them, each notification to its end before the next.
 */
export interface NodePart {
  /** A connection's version handshake is done. What is thrown ends the connection. */
  ready?(record: ReadyConnection): void
  /**
   * A connection has ended; without a report it was never made.
   * Also called for connections that were never `ready`.
   */
  closed?(record: ConnectionRecord, report: DisconnectReport | undefined): void
  /**
   * A peer past its handshake said something. Every part hears every message.
   * What is thrown ends the connection.
   */
  message?(record: ReadyConnection, received: ReceivedMessage, at: Instant): void
  /**
   * A message is about to be given to `message`, which will take its time: asks at once for what will be
   * asked for in any case. What is thrown ends the connection.
   * @returns whether something was sent: it leaves first.
   */
  asksAhead?(record: ReadyConnection, received: ReceivedMessage, at: Instant): boolean
  /** A block of the best chain arrived and passed its checks. */
  block?(block: Block, height: number): void
  /**
   * The best chain moved, whoever moved it.
   * @param from The peer that brought it; absent where a program did.
   */
  tipChanged?(change: TipChange, from: PeerId | undefined): void
  /** About once a second, and twice while a part is busy. */
  tick?(now: Instant): void
  /** Something waits for its moment within the next second. */
  readonly isBusy?: boolean
  /** The node is about to end its connections. No program's call is run after this. */
  stop?(): void
}
