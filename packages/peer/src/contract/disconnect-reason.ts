import type { TransportStats } from '@sapwood/transport-v1v2'

/**
 * What a connection's end says about the remote. `discourage` is Bitcoin Core's "misbehaving": the owner
 * should avoid the address from now on. `disconnect`: this connection is of no use, the address may be tried
 * again.
 */
export type Blame = 'none' | 'disconnect' | 'discourage'

/** How far the version handshake has come. */
export type PeerState = 'awaiting-version' | 'awaiting-verack' | 'ready'

/** The facts of each way in which a connection ends, by its code. */
export interface DisconnectFacts {
  /** The owner ended it; `detail` is the owner's own word for why. */
  requested: { readonly detail: string }
  /** The owner's `AbortSignal` fired. */
  aborted: { readonly cause: unknown }
  /** The connection did what its kind is for: feeler, address fetch, private broadcast. */
  'purpose-met': { readonly purpose: 'feeler' | 'addr-fetch' | 'private-broadcast' }
  /** A short-lived connection did not meet its purpose in time. */
  'purpose-timeout': { readonly purpose: 'addr-fetch' | 'private-broadcast'; readonly timeout: number }
  /**
   * The remote ended the connection, or is gone. `how`: `end` between two messages; `lost` by a reset, in the
   * middle of a message or because the way to it broke, of which `cause` tells. Which of them it is says
   * nothing: a socket that is closed with bytes unread resets.
   */
  'remote-closed': { readonly state: PeerState; readonly how: 'end' | 'lost'; readonly cause?: unknown }
  /**
   * Framing or encryption failed, or the remote does not take what is sent; `transportCode` is the
   * `TransportError`'s.
   */
  'transport-failed': { readonly transportCode: string; readonly cause: unknown }
  /** No `verack` (or no `version`) within the deadline. */
  'handshake-timeout': { readonly state: PeerState; readonly timeout: number }
  /** Nothing received, or nothing that could be sent, for too long. */
  inactive: { readonly direction: 'receive' | 'send'; readonly timeout: number }
  /** A ping went unanswered. */
  'ping-timeout': { readonly timeout: number }
  /** We dialled ourselves: the remote's nonce is one of ours. */
  'self-connection': { readonly nonce: bigint }
  /** The remote's protocol version is older than the minimum. */
  'obsolete-version': { readonly received: number; readonly minimum: number }
  'missing-services': { readonly received: bigint; readonly required: bigint }
  /** A private broadcast needs a remote that relays transactions. */
  'transactions-not-relayed': object
  /** A message of the handshake came after `verack`. */
  'late-handshake-message': { readonly command: string }
  /** A message that the common protocol version does not have. */
  'message-not-negotiated': {
    readonly command: string
    readonly commonVersion: number
    readonly required: number
  }
  /** A payload that does not decode, and whose rule is to disconnect or to discourage. */
  malformed: { readonly command: string; readonly decodeCode: string; readonly cause: unknown }
  /** More entries in one message than the protocol allows. */
  'too-many-entries': { readonly command: string; readonly count: number; readonly limit: number }
  /** A field with a value that the protocol forbids. */
  'invalid-field': {
    readonly command: string
    readonly field: string
    readonly value: number | bigint | string
  }
  /** A request for something that we do not serve. */
  'service-not-offered': { readonly command: string }
  /** A request that cannot be met as it stands: an unknown stop block, a range that is empty or too long. */
  'invalid-request': { readonly command: string; readonly detail: string }
  /** Transactions, or their announcements, on a connection that has none. */
  'unwanted-transactions': { readonly command: string }
  /** More messages of one type than its bucket holds, of which no honest remote sends more. */
  flood: { readonly command: string; readonly limit: number }
  /** The remote does not read, and what waits for it passed the limit. */
  'send-queue-full': { readonly queuedBytes: number; readonly limit: number }
  /** All connections together hold too much, and this one was the first to go (`MemoryBudget`). */
  'memory-full': { readonly heldBytes: number }
  /** The owner's `PeerServices`, or a listener, threw. */
  'owner-failed': { readonly cause: unknown }
}

/** Why a connection ended, in one word. */
export type DisconnectCode = keyof DisconnectFacts

/** Why a connection ended: a literal `code`, the facts of that code, and what it says about the remote. */
export type DisconnectReason = {
  readonly [Code in DisconnectCode]: { readonly code: Code; readonly blame: Blame } & DisconnectFacts[Code]
}[DisconnectCode]

/** One kind of reason by its code. */
export type DisconnectReasonOf<Code extends DisconnectCode> = Extract<
  DisconnectReason,
  { readonly code: Code }
>

/** How a connection ended, and what had crossed it. */
export interface DisconnectReport {
  readonly reason: DisconnectReason
  readonly stats: TransportStats
}
