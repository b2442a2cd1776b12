import type { AnyMessage, DecodeError, Message } from '@sapwood/wire-codec'
import type { Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import type { PeerVersion } from './peer-version.ts'
import type { DisconnectReason, DisconnectReport, PeerState } from './disconnect-reason.ts'
import type { RequestOutcome, RequestType } from './request-map.ts'

/** One message that crossed, seen before it is decoded or after it is framed. */
export interface MessageTrace {
  readonly direction: 'received' | 'sent'
  readonly command: string
  /** A view; not to be changed. */
  readonly payload: Uint8Array
  /** On the wire, framing included. */
  readonly bytes: number
  readonly at: WallTime
}

/**
 * Why a remote is not read: its owner, or the remote itself, does not take what it is given; or it asks for
 * too much work.
 */
export type StallCause = 'owner' | 'remote' | 'work'

/** Everything that happens on one connection, by the name to listen to. */
export interface PeerEvents<Own extends AnyMessage = never> {
  state: { readonly state: PeerState }
  ready: { readonly version: PeerVersion }
  /** Every message in both directions, for metrics and capture. */
  trace: MessageTrace
  /** A message reached the state machine and was let through to be handled. */
  message: { readonly message: Message | Own; readonly at: Instant }
  /** A message was ignored by rule; `why` names the rule. */
  ignored: { readonly command: string; readonly why: string }
  /** A message was dropped because it does not decode. */
  malformed: { readonly command: string; readonly error: DecodeError }
  /**
   * The remote did what ends other connections with blame, and the owner bears with it
   * (`PeerOptions.tolerant`).
   */
  misbehaved: { readonly reason: DisconnectReason }
  /** A reply that nothing had asked for. */
  unrequested: { readonly message: Message }
  ping: { readonly roundTrip: number }
  request: { readonly request: RequestType }
  requestEnded: {
    readonly request: RequestType
    readonly outcome: RequestOutcome
    readonly milliseconds: number
  }
  /** Addresses beyond the rate came, and were not looked at. */
  addressesLimited: { readonly dropped: number }
  /**
   * Reading stopped because the owner or the remote does not keep up, or the remote has had its share of our
   * time; or went on.
   */
  stalled: { readonly by: StallCause }
  resumed: { readonly by: StallCause; readonly milliseconds: number }
  closed: DisconnectReport
}

/** Stops a listener. */
export type Unsubscribe = () => void

/** A peer's events, to listen to. */
export interface PeerEventSource<Own extends AnyMessage = never> {
  /**
   * Calls `listener` for each event of that name, synchronously, in order. A listener that throws ends the
   * connection.
   */
  on<Name extends keyof PeerEvents>(name: Name, listener: (event: PeerEvents<Own>[Name]) => void): Unsubscribe
}
