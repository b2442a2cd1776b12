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
  /** Dials under way at the same time. Default: 8. */
  readonly dials?: number
}
