import type { PeerId } from '@sapwood/peer'

/** What the transaction relay needs to know of a peer when its handshake is done. */
export interface TransactionPeer {
  /**
   * Whether it wants to hear of transactions: `relay` in its `version`,
   * and not a block-relay-only connection.
   */
  readonly relays: boolean
  /** Whether it may announce transactions to us: what we said of it in our own `version`. */
  readonly mayAnnounce: boolean
  /** Dialled by us: announced to sooner, asked first. */
  readonly outbound: boolean
  /** Both sides have sent `wtxidrelay` (BIP339). */
  readonly wtxidRelay: boolean
  /** Who it is, whatever connection it comes on; absent where nobody can tell. */
  readonly host?: string
  /** The protocol version that both sides speak. */
  readonly commonVersion: number
}

/** A peer as the relay sees it. */
export interface RelayPeer {
  readonly id: PeerId
  readonly facts: TransactionPeer
  /** It does not want to hear of less (BIP133). */
  feeFilter: bigint
  /** When it is next told of what waits for it. */
  nextAnnounceAt: number
}
