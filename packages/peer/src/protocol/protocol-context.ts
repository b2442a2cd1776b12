import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { DisconnectReason } from '../contract/disconnect-reason.ts'
import type { Handshake } from '../handshake/handshake.ts'
import type { AddressLimit } from '../limits/address-limit.ts'
import type { AskedBy } from '../requests/asked-by.ts'
import type { RequestTracker } from '../requests/request-tracker.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { PeerRecord } from './peer-record.ts'
import type { PrivateBroadcast } from './private-broadcast.ts'
import type { ProtocolOutput } from './protocol-output.ts'
import type { RuleFacts } from './rule.ts'

/** A message that has passed the rules, on its way to its handler. */
export interface Arrival {
  readonly payload: Uint8Array
  readonly at: Instant
  readonly askedBy: AskedBy
}

/** What handlers of messages see of a connection: its parts, and the facts that the rules look at. */
export interface ProtocolContext extends RuleFacts {
  readonly output: ProtocolOutput
  readonly handshake: Handshake
  readonly keepAlive: KeepAlive
  readonly addressLimit: AddressLimit
  readonly requests: RequestTracker
  readonly record: PeerRecord
  readonly privateBroadcast: PrivateBroadcast | undefined
  addressesServed: boolean
  /** Ends the connection with a reason; only the first counts. */
  end(reason: DisconnectReason): void
}
