import type { Transaction, Txid, Wtxid } from '@sapwood/wire-codec'

/** How a private broadcast stands. */
export interface PrivateBroadcastState {
  readonly txid: Txid
  readonly wtxid: Wtxid
  readonly transaction: Transaction
  /** Connections begun for it so far. */
  readonly attempts: number
  /** Connections for it that are being made, or are not done. */
  readonly underWay: number
  /**
   * Connections on which the remote took it. Where it has a witness, only remotes count whose user agent is
   * Core's or ours: others may have read it without, since our `version` there offers nothing.
   */
  readonly takenBy: number
  /** It came back: an ordinary peer announced it, or it is in a block. The broadcast is over. */
  readonly cameBack: boolean
}
