import type { ConnectionKind } from '@sapwood/peer'

/** How many connections of each kind may exist. Defaults are Bitcoin Core's (`net.h`). */
export interface SlotOptions {
  /** Outbound connections that relay blocks, transactions and addresses. Default: 8. */
  readonly fullRelay?: number
  /** Outbound connections that relay blocks only. Default: 2. */
  readonly blockRelayOnly?: number
  /** Added by a program or a user. Default: 8. */
  readonly manual?: number
  /** Remotes that dialled us. Default: 114. */
  readonly inbound?: number
  /** Whether addresses are tested by short connections. Default: true. */
  readonly feelers?: boolean
  /** Dials of the node's own choice under way at the same time. Default: 8. */
  readonly dials?: number
}

/** `MAX_OUTBOUND_FULL_RELAY_CONNECTIONS` */
const DEFAULT_FULL_RELAY = 8
/** `MAX_BLOCK_RELAY_ONLY_CONNECTIONS` */
const DEFAULT_BLOCK_RELAY_ONLY = 2
/** `MAX_ADDNODE_CONNECTIONS` */
const DEFAULT_MANUAL = 8
/** `DEFAULT_MAX_PEER_CONNECTIONS` less the outbound ones. */
const DEFAULT_INBOUND = 114
/** Dials at the same time: as many as there are full-relay slots. Core dials one after the other. */
const DEFAULT_DIALS = 8

/** How many connections of a kind may exist, those whose dial is under way included. */
export type SlotLimits = Readonly<Record<ConnectionKind, number>> & { readonly dials: number }

/** The limits by kind. */
export function slotLimits(options: SlotOptions = {}): SlotLimits {
  return {
    'outbound-full-relay': options.fullRelay ?? DEFAULT_FULL_RELAY,
    'block-relay-only': options.blockRelayOnly ?? DEFAULT_BLOCK_RELAY_ONLY,
    manual: options.manual ?? DEFAULT_MANUAL,
    inbound: options.inbound ?? DEFAULT_INBOUND,
    feeler: options.feelers === false ? 0 : 1,
    'addr-fetch': 2,
    extra: 1,
    // Core 31, `MAX_PRIVATE_BROADCAST_CONNECTIONS`.
    'private-broadcast': 64,
    dials: options.dials ?? DEFAULT_DIALS,
  }
}
