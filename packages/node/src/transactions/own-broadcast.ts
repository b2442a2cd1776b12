import { bytesToHex, type Transaction, txid, wtxid } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { BroadcastState } from './transaction-relay-types.ts'

/** One transaction of ours on its way into the network. */
export class OwnBroadcast {
  readonly transaction: Transaction
  readonly txidKey: string
  readonly wtxidKey: string
  readonly feeRate: bigint | undefined
  /** Waits to be announced to these. */
  readonly queuedFor: Set<PeerId> = new Set()
  readonly announcedTo: Set<PeerId> = new Set()
  readonly requestedBy: Set<PeerId> = new Set()
  /** Have it from elsewhere: proof that the network passes it on. */
  readonly seenFrom: Set<PeerId> = new Set()
  /**
   * Not told at first: when it announces the transaction to us, the network has passed it on. Whoever was
   * told proves nothing by that.
   */
  listener: PeerId | undefined
  /** When the listener is told all the same: it may be the only way out. */
  listenUntil: number = Number.POSITIVE_INFINITY
  rounds = 0
  nextRoundAt = 0
  confirmed = false

  constructor(transaction: Transaction, feeRate: bigint | undefined) {
    this.transaction = transaction
    this.feeRate = feeRate
    this.txidKey = bytesToHex(txid(transaction))
    this.wtxidKey = bytesToHex(wtxid(transaction))
  }

  get done(): boolean {
    return this.confirmed || this.seenFrom.size > 0
  }

  state(): BroadcastState {
    return {
      txid: txid(this.transaction),
      wtxid: wtxid(this.transaction),
      transaction: this.transaction,
      announcedTo: this.announcedTo.size,
      requestedBy: this.requestedBy.size,
      seenFrom: this.seenFrom.size,
      rounds: this.rounds,
      confirmed: this.confirmed,
    }
  }
}
