/**
 * Bitcoin Core's `PrivateBroadcast`.
 * https://github.com/bitcoin/bitcoin/blob/master/src/private_broadcast.h
 * @module
 */

import {
  bytesToHex,
  encodeTransaction,
  type Transaction,
  type Txid,
  txid,
  type Wtxid,
  wtxid,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { drawBelow, type Instant, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'
import type { AddressKey } from '../addresses/address-key.ts'
import { NodeError } from '../errors/node-error.ts'
import { transactionFault } from './transaction-check.ts'

/** Remotes that each transaction is handed to at first (Core, `NUM_PRIVATE_BROADCAST_PER_TX`). */
const PRIVATE_BROADCASTS_PER_TRANSACTION = 3
/** Connections at the same time, of all transactions together (Core, `MAX_PRIVATE_BROADCAST_CONNECTIONS`). */
export const MAX_PRIVATE_CONNECTIONS = 64
/** Transactions that wait to come back (Core, `MAX_PRIVATE_BROADCAST_TRANSACTIONS`). */
export const MAX_PRIVATE_TRANSACTIONS = 10_000
/**
 * One more remote is looked for when a transaction has not come back within 2 to 3 minutes of its last one.
 */
export const PRIVATE_RESEND_MIN: number = 2 * MINUTE
export const PRIVATE_RESEND_SPREAD: number = MINUTE
/** After a connection that led to nothing: a second, doubled each time up to a minute. */
const FAILURE_PAUSE = 1_000
const MAX_FAILURE_PAUSE = MINUTE

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

/** One transaction on its way. */
export class PrivateBroadcast {
  readonly transaction: Transaction
  readonly txid: Txid
  /** What a connection is given to send. */
  readonly payload: Uint8Array
  readonly keys: readonly [txid: string, wtxid: string]
  /** Remotes that were given it lately: another would be of more use. */
  readonly used: Set<AddressKey> = new Set()
  /** Remotes that are still to take it. */
  wanted: number = PRIVATE_BROADCASTS_PER_TRANSACTION
  attempts = 0
  underWay = 0
  takenBy = 0
  failures = 0
  notBefore = 0
  resendAt = 0
  cameBack = false

  constructor(transaction: Transaction) {
    this.transaction = transaction
    this.txid = txid(transaction)
    this.payload = encodeTransaction(transaction)
    this.keys = [bytesToHex(this.txid), bytesToHex(wtxid(transaction))]
  }

  state(): PrivateBroadcastState {
    const { transaction, attempts, underWay, takenBy, cameBack } = this
    return {
      txid: this.txid,
      wtxid: wtxid(transaction),
      transaction,
      attempts,
      underWay,
      takenBy,
      cameBack,
    }
  }
}

interface Handover {
  readonly broadcast: PrivateBroadcast
  readonly address: AddressKey
}

/**
 * Which transaction the next short-lived connection is for, and when one more is due. Pure: it dials nobody.
 * What is in here is known to nothing else of the node, so no other peer is told of it or given it.
 */
export class PrivateBroadcastQueue {
  readonly #random: Random
  /** By txid. */
  readonly #broadcasts = new Map<string, PrivateBroadcast>()
  /** By txid and by wtxid. */
  readonly #byHash = new Map<string, PrivateBroadcast>()
  readonly #handovers = new Map<PeerId, Handover>()

  constructor({ random }: { readonly random: Random }) {
    this.#random = random
  }

  get size(): number {
    return this.#broadcasts.size
  }

  /** Connections under way. */
  get connections(): number {
    return this.#handovers.size
  }

  has(id: Txid): boolean {
    return this.#broadcasts.has(bytesToHex(id))
  }

  /**
   * Puts a transaction in; one that is in already goes on as it was.
   * @throws NodeError `invalid-argument` for what nobody would relay, `queue-full`.
   */
  add(transaction: Transaction, now: Instant): PrivateBroadcastState {
    const known = this.#broadcasts.get(bytesToHex(txid(transaction)))
    if (known !== undefined) return known.state()
    const fault = transactionFault(transaction)
    if (fault !== undefined)
      throw new NodeError('invalid-argument', `Nobody would relay the transaction: ${fault}`, {
        detail: fault,
      })
    if (this.#broadcasts.size >= MAX_PRIVATE_TRANSACTIONS)
      throw new NodeError(
        'queue-full',
        'Too many private broadcasts wait for their transactions to come back',
        {
          limit: MAX_PRIVATE_TRANSACTIONS,
        },
      )
    const broadcast = new PrivateBroadcast(transaction)
    broadcast.resendAt = this.#resendTime(now)
    this.#broadcasts.set(broadcast.keys[0], broadcast)
    for (const key of broadcast.keys) this.#byHash.set(key, broadcast)
    return broadcast.state()
  }

  /**
   * Ends a broadcast; connections that are under way hand it over all the same.
   * @returns false when there was none.
   */
  cancel(id: Txid): boolean {
    const broadcast = this.#broadcasts.get(bytesToHex(id))
    if (broadcast !== undefined) this.#drop(broadcast)
    return broadcast !== undefined
  }

  /**
   * What connections are to be opened for now: at most as many as may still be, the transaction that has had
   * the fewest first. Tell of each that was opened by `begin`.
   */
  due(now: Instant): PrivateBroadcast[] {
    let free = MAX_PRIVATE_CONNECTIONS - this.#handovers.size
    const waiting: { readonly broadcast: PrivateBroadcast; readonly had: number }[] = []
    for (const broadcast of this.#broadcasts.values()) {
      if (now >= broadcast.resendAt) this.#wantOneMore(broadcast, now)
      if (now < broadcast.notBefore) continue
      for (let had = broadcast.underWay; had < broadcast.wanted; had++) {
        waiting.push({ broadcast, had: broadcast.takenBy + had })
      }
    }
    waiting.sort((a, b) => a.had - b.had)
    free = Math.min(free, waiting.length)
    return waiting.slice(0, Math.max(0, free)).map(({ broadcast }) => broadcast)
  }

  /** A connection was opened for it. */
  begin(broadcast: PrivateBroadcast, peer: PeerId, address: AddressKey): PrivateBroadcastState {
    this.#handovers.set(peer, { broadcast, address })
    broadcast.used.add(address)
    broadcast.underWay++
    broadcast.attempts++
    return broadcast.state()
  }

  /** A connection ended. @param taken Whether the remote took the transaction. */
  ended(peer: PeerId, taken: boolean, now: Instant): PrivateBroadcastState | undefined {
    const handover = this.#handovers.get(peer)
    if (handover === undefined) return undefined
    this.#handovers.delete(peer)
    const { broadcast, address } = handover
    broadcast.underWay--
    if (taken) {
      broadcast.takenBy++
      broadcast.wanted = Math.max(0, broadcast.wanted - 1)
      broadcast.failures = 0
      broadcast.resendAt = this.#resendTime(now)
    } else {
      // It was not handed over: the same remote may be tried again.
      broadcast.used.delete(address)
      const pause = FAILURE_PAUSE * 2 ** Math.min(broadcast.failures++, 6)
      broadcast.notBefore = now + Math.min(MAX_FAILURE_PAUSE, pause)
    }
    return broadcast.state()
  }

  /**
   * An ordinary peer announced or sent what has this txid or wtxid, or a block holds it. Connections under
   * way are left alone: ending them at this moment would show a remote on one of them who it is that it is
   * connected to.
   */
  seen(key: string): PrivateBroadcastState | undefined {
    const broadcast = this.#byHash.get(key)
    if (broadcast === undefined) return undefined
    broadcast.cameBack = true
    this.#drop(broadcast)
    return broadcast.state()
  }

  states(): PrivateBroadcastState[] {
    return [...this.#broadcasts.values()].map((broadcast) => broadcast.state())
  }

  #drop(broadcast: PrivateBroadcast): void {
    this.#broadcasts.delete(broadcast.keys[0])
    for (const key of broadcast.keys) this.#byHash.delete(key)
  }

  #wantOneMore(broadcast: PrivateBroadcast, now: Instant): void {
    broadcast.resendAt = this.#resendTime(now)
    broadcast.wanted = Math.min(PRIVATE_BROADCASTS_PER_TRANSACTION, broadcast.wanted + 1)
    broadcast.used.clear()
  }

  #resendTime(now: Instant): number {
    return now + PRIVATE_RESEND_MIN + drawBelow(this.#random, PRIVATE_RESEND_SPREAD)
  }
}
