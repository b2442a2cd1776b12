import type { ConnectionKind, KindBehaviour } from '../contract/connection-kind.ts'
import type { Blame, DisconnectCode, DisconnectFacts, PeerState } from '../contract/disconnect-reason.ts'
import type { AskedBy } from '../requests/asked-by.ts'
import type { ClaimedReply, NotedAsk, UnclaimedReply, UnnotedAsk } from '../requests/exchanges.ts'
import type { PeerServices } from '../contract/peer-services.ts'
import type { MessageMap } from './message-map.ts'

/** What becomes of a message. `ignore` drops it; `disconnect` and `discourage` end the connection. */
export type Outcome = 'handle' | 'ignore' | 'disconnect' | 'discourage'

/** What the rules look at, beside the message. */
export interface RuleFacts {
  readonly kind: ConnectionKind
  readonly behaviour: KindBehaviour
  /** Services that our `version` offered. */
  readonly ourServices: bigint
  /** Whether our `version` asked for transactions. */
  readonly ourRelay: boolean
  /** Services that the remote must offer, given those that it does. */
  servicesWanted(offered: bigint): bigint
  readonly minimumVersion: number
  /** The lower of both protocol versions; 0 before `version`. */
  readonly commonVersion: number
  readonly wtxidRelay: boolean
  /** A `getaddr` of the remote has been answered. */
  readonly addressesServed: boolean
  /** The transaction of a private broadcast. */
  readonly privateTxid: Uint8Array | undefined
  isOwnNonce(nonce: bigint): boolean
  serves(service: keyof PeerServices): boolean
}

/** A code, and the facts that a rule gives for it. */
export type RuleReason = {
  readonly [Code in DisconnectCode]: { readonly code: Code } & DisconnectFacts[Code]
}[DisconnectCode]

/** A condition on a message that is handled otherwise, and what becomes of it instead. */
export interface Rule<Type extends keyof MessageMap> {
  /** The condition in words, for the documentation. */
  readonly when: string
  readonly applies: (
    message: MessageMap[Type],
    facts: RuleFacts,
    askedBy: AskedBy,
    payload: Uint8Array,
  ) => boolean
  readonly outcome: Exclude<Outcome, 'handle'>
  /** For an outcome that ends the connection. */
  readonly reason?: (message: MessageMap[Type], facts: RuleFacts) => RuleReason
}

/**
 * What each type of message is for. Only a reply can have been asked for, and then counts against no limit.
 */
export type MessagePurpose = 'handshake' | 'setting' | 'keep-alive' | 'announcement' | 'request' | 'reply'

/**
 * The purposes that a message may have. A reply is one that some request of ours claims, or is named as one
 * that none does; a request is one that is noted where the owner sends it, or named as one that is not.
 */
export type PurposeOf<Type extends keyof MessageMap> = Type extends ClaimedReply | UnclaimedReply
  ? 'reply'
  : Type extends NotedAsk | UnnotedAsk
    ? 'request'
    : Exclude<MessagePurpose, 'reply' | 'request'>

/** One row of the table: what a message of one type does in each state. */
export interface Row<Type extends keyof MessageMap> {
  readonly purpose: PurposeOf<Type>
  readonly states: Readonly<Record<PeerState, Outcome>>
  /** Looked at in order, for a message that would be handled; the first that applies decides. */
  readonly rules: readonly Rule<Type>[]
  /** Also handled on a private broadcast connection once it is ready, where all else is ignored. */
  readonly onPrivateBroadcast: boolean
}

/** What an outcome that ends the connection says about the remote. */
export function blameOf(outcome: Outcome): Blame {
  return outcome === 'discourage' ? 'discourage' : outcome === 'disconnect' ? 'disconnect' : 'none'
}
