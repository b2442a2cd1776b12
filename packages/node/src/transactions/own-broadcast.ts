import { bytesToHex, type Transaction, type Txid, txid, type Wtxid, wtxid } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { HostsTold } from './hosts-told.ts'
import { PeerTally } from './peer-tally.ts'

/**
 * How far a broadcast has come, from its beginning on: no peer has been told yet; one at least has been told
 * of it; one has asked for it and been given it; one has it from elsewhere, so that the network passes it on;
 * a block holds it.
 */
export type BroadcastOutcome = (typeof BROADCAST_OUTCOMES)[number]

/** In their order; see `BroadcastOutcome`. */
export const BROADCAST_OUTCOMES = ['waiting', 'announced', 'requested', 'seen', 'confirmed'] as const

/** How a broadcast stands. */
export interface BroadcastState {
  /** What has happened so far; the numbers below say how often. */
  readonly outcome: BroadcastOutcome
  readonly txid: Txid
  readonly wtxid: Wtxid
  readonly transaction: Transaction
  /** Peers that it was announced to. */
  readonly announcedTo: number
  /** Peers that asked for it and were given it. */
  readonly requestedBy: number
  /** Which they are, the first 1,000, the first first; one may have left since. */
  readonly requestedByPeers: readonly PeerId[]
  /**
   * Peers that are known to have it from elsewhere: they announced it before the broadcast began, or were not
   * told of it and announced it. One that was told proves nothing by announcing it back, nor does a stranger
   * that dialled us while there are peers of our own choice.
   */
  readonly seenFrom: number
  /** Which they are, the first 1,000, the first first. */
  readonly seenFromPeers: readonly PeerId[]
  /** How often it was announced to all. */
  readonly rounds: number
  /** Found in a block. */
  readonly confirmed: boolean
}

/** How a transaction is broadcast. */
export interface BroadcastOptions {
  /** Satoshi per 1,000 virtual bytes: with it, peers whose `feefilter` is above are not bothered. */
  readonly feeRate?: bigint
  /**
   * What has to have happened before the call resolves. Peers are told at times of their own, two seconds
   * apart on average, so that nobody can tell where a transaction comes from; an only peer is told at once. A
   * bitcoind that we have dialled asks two seconds after that. Default: `requested`.
   */
  readonly until?: Exclude<BroadcastOutcome, 'waiting'>
}

/** One transaction of ours on its way into the network. */
export class OwnBroadcast {
  readonly transaction: Transaction
  readonly txidKey: string
  readonly wtxidKey: string
  readonly feeRate: bigint | undefined
  /** Waits to be announced to these. */
  readonly queuedFor: Set<PeerId> = new Set()
  readonly announcedTo: PeerTally = new PeerTally()
  /** By `TransactionPeer.host`. */
  readonly hostsTold: HostsTold = new HostsTold()
  readonly requestedBy: PeerTally = new PeerTally()
  /** Have it from elsewhere: proof that the network passes it on. */
  readonly seenFrom: PeerTally = new PeerTally()
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

  constructor(transaction: Transaction, { feeRate }: BroadcastOptions) {
    this.transaction = transaction
    this.feeRate = feeRate
    this.txidKey = bytesToHex(txid(transaction))
    this.wtxidKey = bytesToHex(wtxid(transaction))
  }

  /** Its connection has ended. */
  peerLeft(id: PeerId): void {
    this.queuedFor.delete(id)
    for (const tally of [this.announcedTo, this.requestedBy, this.seenFrom]) tally.left(id)
  }

  get keys(): readonly [txid: string, wtxid: string] {
    return [this.txidKey, this.wtxidKey]
  }

  get done(): boolean {
    return this.confirmed || this.seenFrom.count > 0
  }

  get outcome(): BroadcastOutcome {
    if (this.confirmed) return 'confirmed'
    if (this.seenFrom.count > 0) return 'seen'
    if (this.requestedBy.count > 0) return 'requested'
    return this.announcedTo.count > 0 ? 'announced' : 'waiting'
  }

  state(): BroadcastState {
    return {
      outcome: this.outcome,
      txid: txid(this.transaction),
      wtxid: wtxid(this.transaction),
      transaction: this.transaction,
      announcedTo: this.announcedTo.count,
      requestedBy: this.requestedBy.count,
      requestedByPeers: [...this.requestedBy.first],
      seenFrom: this.seenFrom.count,
      seenFromPeers: [...this.seenFrom.first],
      rounds: this.rounds,
      confirmed: this.confirmed,
    }
  }
}
