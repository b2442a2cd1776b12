/**
 * Why a connection exists. The names are those of Bitcoin Core's `getpeerinfo` (`connection_type`), which
 * calls the regular automatic connection `outbound-full-relay`. `extra` is Core's additional full-relay
 * connection, opened when the tip looks stale; on the wire it is a full-relay connection like any other.
 */
export type ConnectionKind =
  | 'outbound-full-relay'
  | 'block-relay-only'
  | 'feeler'
  | 'addr-fetch'
  | 'manual'
  | 'extra'
  | 'inbound'
  | 'private-broadcast'

/** How a connection of one kind behaves on the wire. */
export interface KindBehaviour {
  /** Who dialled. The dialler sends `version` first. */
  readonly direction: 'inbound' | 'outbound'
  /** BIP37's relay flag in our `version`, and whether transactions may cross at all. */
  readonly relaysTransactions: boolean
  /**
   * Whether addresses are exchanged. For inbound connections: once the remote has sent its first address
   * message.
   */
  readonly relaysAddresses: boolean
  /** Whether `getaddr` follows our `verack`. */
  readonly asksForAddresses: boolean
  /** Whether the remote must offer `servicesWanted`. */
  readonly expectsServices: boolean
  /** Whether the connection ends by itself once its purpose is met. */
  readonly shortLived: boolean
}

/**
 * Core: `net.h`, `CNode::ExpectServicesFromConn` and its neighbours; `net_processing.cpp`,
 * `SetupAddressRelay`.
 */
export const kindBehaviour: Readonly<Record<ConnectionKind, KindBehaviour>> = {
  'outbound-full-relay': outbound({
    relaysTransactions: true,
    relaysAddresses: true,
    asksForAddresses: true,
  }),
  extra: outbound({ relaysTransactions: true, relaysAddresses: true, asksForAddresses: true }),
  manual: outbound({
    relaysTransactions: true,
    relaysAddresses: true,
    asksForAddresses: true,
    expectsServices: false,
  }),
  'block-relay-only': outbound({}),
  'addr-fetch': outbound({ relaysAddresses: true, asksForAddresses: true, shortLived: true }),
  feeler: outbound({ expectsServices: false, shortLived: true }),
  'private-broadcast': outbound({ shortLived: true }),
  inbound: {
    direction: 'inbound',
    relaysTransactions: true,
    relaysAddresses: true,
    asksForAddresses: false,
    expectsServices: false,
    shortLived: false,
  },
}

function outbound(behaviour: Partial<KindBehaviour>): KindBehaviour {
  return {
    direction: 'outbound',
    relaysTransactions: false,
    relaysAddresses: false,
    asksForAddresses: false,
    expectsServices: true,
    shortLived: false,
    ...behaviour,
  }
}
