/**
 * Proofs of blocks, asked of peers.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import { HASH_SIZE, hashToHex, type UtreexoProof } from '@sapwood/wire-codec'
import { isPeerError, type PeerId } from '@sapwood/peer'
import {
  addAbortListener,
  type Clock,
  deadlineSignal,
  MINUTE,
  removeAbortListener,
  untilAborted,
} from '@sapwood/transport-v1v2/environment'
import type { BlockRef } from '../chain/chain-entry.ts'
import type { EventSink } from '../events/event-source.ts'
import { hashesSize } from './hashes-size.ts'
import type { ProofPeer, ProofPeers } from './proof-peers.ts'
import type { UtreexoEvents } from './utreexo-events.ts'

/**
 * Proofs that are asked of one peer at a time. Those of small blocks are small, and of large ones no more are
 * wanted at a time than `ProofWindow` has room for. (Floresta has about 40 outstanding, utreexod all.)
 */
const MAX_PROOFS_IN_FLIGHT_PER_PEER = 64
/** Milliseconds after which a proof that has not come is asked of one more peer. */
const PROOF_HEDGE = 2_000
/** Peers that are asked for one proof at a time. */
const MAX_PEERS_PER_PROOF = 2
/**
 * Times in a row that a peer is silent before it is passed over, and for how many milliseconds. What was
 * asked of it at once is one time.
 */
const MAX_SILENCES = 3
const SILENT_PAUSE = 2 * MINUTE
/** Milliseconds until a peer that gave nothing is asked once more, where there is nobody else. */
export const ASK_AGAIN = 1_000
/** Milliseconds that a peer of which nothing is known is taken to need. */
const UNKNOWN_LATENCY = 50
/** Weight of the latest proof in what a peer is taken to need. */
const LATENCY_WEIGHT = 0.2
/** A hash of a proof is needed for each row at most: the largest forest has 63. */
const MAX_ROWS = 63

/** Why whoever else was asked need not answer: one for all, since one is needed for each proof. */
const NO_LONGER_WANTED: Error = /* @__PURE__ */ new Error('The proof is no longer wanted')

/** Why a proof that may fail does. */
export const NOBODY_ANSWERED: Error = /* @__PURE__ */ new Error('Nobody has sent the proof in time')

/** A block whose proof is wanted. */
export interface WantedProof extends BlockRef {
  /** Inputs to prove. */
  readonly inputs: number
  /** Whose proof of it was no good. */
  readonly refused: ReadonlySet<PeerId>
  /** Whose proofs of other blocks may be no good: asked where there is nobody else. Default: nobody's. */
  readonly doubted?: ReadonlySet<PeerId>
  /** Whether it is given up where nobody has answered in the time that two peers have. Default: false. */
  readonly mayFail?: boolean
}

/** A proof, and who sent it. */
export interface ReceivedProof {
  readonly proof: UtreexoProof
  readonly from: PeerId
}

export interface ProofFetcherComponents {
  readonly clock: Clock
  readonly peers: ProofPeers
  readonly events: EventSink<UtreexoEvents>
}

/** How one peer has done. */
interface TrackRecord {
  inFlight: number
  /** How many it is asked for at a time: one after a silence, and twice as many with each proof. */
  limit: number
  /** In a row. */
  silences: number
  silentAt: number
  /** Not asked before then. */
  pausedUntil: number
  latency: number
}

/** Who need not be asked for a proof, or not now. */
interface Left {
  /** What they sent was no good. */
  readonly refused: ReadonlySet<PeerId>
  /** Asked for it, and silent: until when. After that they are asked where there is nobody else. */
  readonly silent: ReadonlyMap<PeerId, number>
  readonly asked: ReadonlyMap<PeerId, unknown>
}

/** A proof that nobody can be asked for now. */
interface Waiting {
  readonly wanted: WantedProof
  readonly left: Left
  readonly wake: () => void
}

type Outcome =
  | { readonly type: 'proof'; readonly proof: UtreexoProof; readonly from: ProofPeer }
  | { readonly type: 'nothing'; readonly from: ProofPeer }
  | { readonly type: 'hedge' }

/**
 * Asks peers for proofs: the one that is likely to answer first, one more where it does not, and another
 * where it is silent or what it sends cannot be a proof of the block. It waits for as long as it takes.
 */
export class ProofFetcher {
  readonly #timeout: number
  readonly #parts: ProofFetcherComponents
  readonly #records = new Map<PeerId, TrackRecord>()
  /** Those for whom there was nobody to ask, in their order. */
  readonly #waiting = new Set<Waiting>()
  readonly #stopListening: () => void
  #inFlight = 0
  #isToldOfNobody = false

  /** @param timeout Milliseconds that a peer has for a proof. */
  constructor(timeout: number, components: ProofFetcherComponents) {
    this.#timeout = timeout
    this.#parts = components
    this.#stopListening = components.peers.onChange((gone) => {
      if (gone !== undefined) this.#records.delete(gone)
      this.#wakeAll()
    })
  }

  /** Proofs that have been asked for. */
  get inFlight(): number {
    return this.#inFlight
  }

  stop(): void {
    this.#stopListening()
    this.#wakeAll()
  }

  /**
   * A proof that has as many parts as the block needs; whether it holds is not known. Rejects with the
   * signal's reason, with `NOBODY_ANSWERED` where it may fail, and with nothing else.
   */
  async fetch(wanted: WantedProof, signal: AbortSignal): Promise<ReceivedProof> {
    const own = new AbortController()
    const onAbort = (): void => own.abort(signal.reason)
    addAbortListener(signal, onAbort)
    const cancel =
      wanted.mayFail === true
        ? this.#parts.clock.setTimer(2 * this.#timeout, () => own.abort(NOBODY_ANSWERED))
        : undefined
    try {
      signal.throwIfAborted()
      return await this.#fetch(wanted, own.signal)
    } finally {
      cancel?.()
      removeAbortListener(signal, onAbort)
      // Whoever else was asked for it need not be waited for.
      own.abort(NO_LONGER_WANTED)
    }
  }

  async #fetch(wanted: WantedProof, signal: AbortSignal): Promise<ReceivedProof> {
    const refused = new Set(wanted.refused)
    const silent = new Map<PeerId, number>()
    const asked = new Map<PeerId, Promise<Outcome>>()
    let mayHedge = true
    for (;;) {
      signal.throwIfAborted()
      const isShort = asked.size === 0 || (mayHedge && asked.size < MAX_PEERS_PER_PROOF)
      const peer = isShort ? this.#choose(wanted, { refused, silent, asked }) : undefined
      if (peer !== undefined) {
        asked.set(peer.id, this.#ask(peer, wanted, signal))
        mayHedge = false
      } else if (asked.size === 0) {
        await this.#nobody(wanted, { refused, silent, asked }, signal)
        continue
      }
      const outcome = await this.#next(asked, !mayHedge, signal)
      if (outcome.type === 'hedge') {
        mayHedge = true
        continue
      }
      asked.delete(outcome.from.id)
      if (outcome.type === 'nothing') silent.set(outcome.from.id, this.#parts.clock.now() + ASK_AGAIN)
      else if (isLike(outcome.proof, wanted)) return { proof: outcome.proof, from: outcome.from.id }
      else {
        refused.add(outcome.from.id)
        this.#refuse(outcome, wanted)
      }
    }
  }

  /** The first that answers, or the moment to ask one more. */
  async #next(
    asked: ReadonlyMap<PeerId, Promise<Outcome>>,
    canHedge: boolean,
    signal: AbortSignal,
  ): Promise<Outcome> {
    let cancel = (): void => undefined
    const hedge = new Promise<Outcome>((resolve) => {
      if (canHedge && asked.size < MAX_PEERS_PER_PROOF)
        cancel = this.#parts.clock.setTimer(PROOF_HEDGE, () => resolve({ type: 'hedge' }))
    })
    try {
      return await untilAborted(signal, () => Promise.race([...asked.values(), hedge]))
    } finally {
      cancel()
    }
  }

  async #ask(from: ProofPeer, wanted: WantedProof, signal: AbortSignal): Promise<Outcome> {
    const { clock, events } = this.#parts
    const record = this.#recordOf(from.id)
    const askedAt = clock.now()
    record.inFlight += 1
    this.#inFlight += 1
    try {
      const proof = await from.peer.getUtreexoProof(
        { request: everything(wanted.hash) },
        { signal, timeout: this.#timeout },
      )
      record.silences = 0
      record.limit = Math.min(2 * record.limit, MAX_PROOFS_IN_FLIGHT_PER_PEER)
      record.latency += LATENCY_WEIGHT * (clock.now() - askedAt - record.latency)
      return { type: 'proof', proof, from }
    } catch (error) {
      if (isPeerError(error) && error.code === 'timeout') {
        this.#silent(record, askedAt)
        events.emit('proof-late', { block: refOf(wanted), from: from.id })
      }
      return { type: 'nothing', from }
    } finally {
      record.inFlight -= 1
      this.#inFlight -= 1
      this.#wake(record.limit - record.inFlight)
    }
  }

  /** A slow line is not silence: it is asked for less at a time. */
  #silent(record: TrackRecord, askedAt: number): void {
    record.latency = Math.max(record.latency, this.#timeout)
    record.limit = 1
    if (askedAt < record.silentAt) return
    record.silentAt = this.#parts.clock.now()
    record.silences += 1
    if (record.silences >= MAX_SILENCES) record.pausedUntil = record.silentAt + SILENT_PAUSE
    // Strangers may be asked now.
    this.#wakeAll()
  }

  /** Whether there is anybody whose proof of the block has not been refused. */
  canAsk(block: BlockRef, refused: ReadonlySet<PeerId>): boolean {
    return this.#parts.peers.having(block).some(({ id }) => !refused.has(id))
  }

  #choose(wanted: WantedProof, left: Left): ProofPeer | undefined {
    const now = this.#parts.clock.now()
    let best:
      | { readonly peer: ProofPeer; readonly cost: readonly number[]; readonly isLast: boolean }
      | undefined
    let isOwnBusy = false
    for (const peer of this.#parts.peers.having(wanted)) {
      if (left.refused.has(peer.id) || left.asked.has(peer.id)) continue
      this.#isToldOfNobody = false
      const { inFlight, limit, silences, pausedUntil, latency } = this.#recordOf(peer.id)
      const again = left.silent.get(peer.id)
      if (now < Math.max(pausedUntil, again ?? 0)) continue
      const isDoubted = wanted.doubted?.has(peer.id) === true
      const isLast = isDoubted || peer.inbound
      if (inFlight >= limit) {
        isOwnBusy ||= !isLast && silences === 0
        continue
      }
      const cost = [
        Number(isDoubted),
        Number(again !== undefined),
        Number(peer.inbound),
        Number(!peer.hasBlock),
        (inFlight + 1) * latency,
      ]
      if (best === undefined || isLess(cost, best.cost)) best = { peer, cost, isLast }
    }
    // Strangers can be many: what those that we dialled will answer in their turn is not left to them.
    return best?.isLast === true && isOwnBusy && left.asked.size === 0 ? undefined : best?.peer
  }

  /** Waits until there may be somebody to ask. */
  async #nobody(wanted: WantedProof, left: Left, signal: AbortSignal): Promise<void> {
    const { clock, peers, events } = this.#parts
    const all = peers.having(wanted).filter(({ id }) => !left.refused.has(id))
    if (all.length === 0 && !this.#isToldOfNobody) {
      this.#isToldOfNobody = true
      events.emit('no-utreexo-peer', { block: refOf(wanted) })
    }
    const now = clock.now()
    // Who has as many in flight as may be is waited for by the change that the end of one is.
    const waits = all
      .map(({ id }) => Math.max(this.#recordOf(id).pausedUntil, left.silent.get(id) ?? 0) - now)
      .filter((wait) => wait > 0)
    await this.#wait({ wanted, left }, Math.min(...waits, SILENT_PAUSE), signal)
  }

  async #wait(
    who: Pick<Waiting, 'wanted' | 'left'>,
    milliseconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const deadline = deadlineSignal(this.#parts.clock, milliseconds, { signal })
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(waiting)
        resolve()
      }
      const waiting = { ...who, wake }
      this.#waiting.add(waiting)
      addAbortListener(deadline.signal, wake)
    })
    deadline.cancel()
  }

  /** So many may be asked for now that could not be before: those who wait for no more than that look. */
  #wake(places: number): void {
    let left = places
    for (const { wanted, left: without, wake } of this.#waiting) {
      if (left <= 0) return
      if (this.#choose(wanted, without) === undefined) {
        // Who is particular about nobody finds as much as those behind.
        if (without.refused.size + without.silent.size === 0) return
        continue
      }
      left -= 1
      wake()
    }
  }

  #wakeAll(): void {
    for (const { wake } of this.#waiting) wake()
  }

  #refuse({ from, proof }: Extract<Outcome, { readonly type: 'proof' }>, wanted: WantedProof): void {
    const rule = proof.leafData.length === wanted.inputs ? 'target-count' : 'leaf-count'
    this.#parts.events.emit('proof-invalid', { block: refOf(wanted), from: from.id, rule })
    this.#parts.peers.punish(from.id, `proof of block ${hashToHex(wanted.hash)}: ${rule}`)
  }

  #recordOf(peer: PeerId): TrackRecord {
    let record = this.#records.get(peer)
    if (record === undefined) {
      record = {
        inFlight: 0,
        limit: MAX_PROOFS_IN_FLIGHT_PER_PEER,
        silences: 0,
        silentAt: Number.NEGATIVE_INFINITY,
        pausedUntil: 0,
        latency: UNKNOWN_LATENCY,
      }
      this.#records.set(peer, record)
    }
    return record
  }
}

/**
 * Whether it has as many parts as a proof of the block has: what does not is not kept until its turn comes.
 */
function isLike(proof: UtreexoProof, { inputs }: WantedProof): boolean {
  const { targets, leafData } = proof
  return (
    targets.length === inputs &&
    leafData.length === inputs &&
    hashesSize(proof) <= inputs * MAX_ROWS * HASH_SIZE
  )
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((part, at) => part !== other[at])
  return index >= 0 && one[index]! < other[index]!
}

function refOf({ height, hash }: BlockRef): BlockRef {
  return { height, hash }
}

function everything(
  blockHash: WantedProof['hash'],
): Parameters<ProofPeer['peer']['getUtreexoProof']>[0]['request'] {
  const nothing = new Uint8Array(0)
  return {
    blockHash,
    withTargets: true,
    withProofHashes: true,
    withLeafData: true,
    proofBitmap: nothing,
    leafBitmap: nothing,
  }
}
