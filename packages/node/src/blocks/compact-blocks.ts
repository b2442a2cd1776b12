/**
 * Compact blocks: who sends them, and how each is put together.
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * @module
 */

import {
  type Block,
  type BlockHash,
  type BlockReconstruction,
  COMPACT_BLOCKS_VERSION,
  type CompactBlock,
  decodeTransaction,
  encodeTransaction,
  MAX_BLOCK_WEIGHT,
  MIN_TRANSACTION_WEIGHT,
  type ReconstructionResult,
  reconstructBlock,
  type Transaction,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { HOUR, type Instant, type WallTime } from '@sapwood/transport-v1v2/environment'
import type { PeerAction } from '../chain/peer-action.ts'
import { PoolWalks } from './pool-walks.ts'
import { STALL_TIMEOUT_DEFAULT } from './stall-timeout.ts'

/** Peers that send us compact blocks unasked (BIP152; Core: 3). */
const MAX_HIGH_BANDWIDTH_PEERS = 3
/**
 * Peers from which one block may be put together at the same time (Core,
 * `MAX_CMPCTBLOCKS_INFLIGHT_PER_BLOCK`).
 */
export const MAX_COMPACT_DOWNLOADS_PER_BLOCK = 3
/** Transactions that a valid block has room for; a message of the codec may have more. */
const MAX_VALID_BLOCK_TRANSACTIONS: number = Math.floor(MAX_BLOCK_WEIGHT / MIN_TRANSACTION_WEIGHT)
/**
 * Bytes of the transactions that a compact block may bring whole and have kept;
 * a block's worth of them is no compact block.
 */
const MAX_PREFILLED_BYTES: number = 256 * 1024

/** A tip younger than this is worth a compact block; an older one is part of a sync. */
const RECENT_TIP = HOUR

/** How far a compact block has come. */
export type CompactStep =
  | { readonly status: 'complete'; readonly block: Block }
  /** These have to be asked for. */
  | { readonly status: 'missing'; readonly indexes: readonly number[] }
  /** The whole block is needed; nobody is to blame. */
  | { readonly status: 'failed' }
  | { readonly status: 'wrong-count'; readonly detail: string }

interface CompactPeer {
  readonly outbound: boolean
  supports: boolean
}

/**
 * One peer's compact block of one block. It stays when it has failed, so that a second one is not looked at.
 */
interface Attempt {
  /** Nobody asked for it: it is not among the block requests. */
  readonly unasked: boolean
  readonly since: Instant
  state: 'expected' | 'waiting' | 'over'
  reconstruction: BlockReconstruction | undefined
}

/** The attempts at one block. */
interface Attempts {
  readonly hash: BlockHash
  readonly peers: Map<PeerId, Attempt>
}

/**
 * Which peers send compact blocks, and the blocks that are being put together from them.
 * One state for each peer and block.
 */
export class CompactBlocks {
  readonly #walks: PoolWalks
  readonly #peers = new Map<PeerId, CompactPeer>()
  readonly #blocks = new Map<string, Attempts>()
  /** Least recently useful first. */
  #highBandwidth: PeerId[] = []

  constructor(transactions: () => Iterable<Transaction>) {
    this.#walks = new PoolWalks(transactions)
  }

  addPeer(id: PeerId, outbound: boolean): void {
    this.#peers.set(id, { outbound, supports: false })
  }

  removePeer(id: PeerId): void {
    this.#peers.delete(id)
    this.#highBandwidth = this.#highBandwidth.filter((other) => other !== id)
    for (const [key, { peers }] of this.#blocks) {
      peers.delete(id)
      if (peers.size === 0) this.#blocks.delete(key)
    }
  }

  onSendCompact(id: PeerId, version: bigint): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined && version === COMPACT_BLOCKS_VERSION) peer.supports = true
  }

  supports(id: PeerId): boolean {
    return this.#peers.get(id)?.supports ?? false
  }

  /** Whether the peer is one of those that we asked for compact blocks unasked. */
  isHighBandwidth(id: PeerId): boolean {
    return this.#highBandwidth.includes(id)
  }

  /** Attempts that nobody asked for and that are under way with a peer: they count as blocks in flight. */
  underWay(id: PeerId): number {
    let count = 0
    for (const { peers } of this.#blocks.values()) if (isOpen(peers.get(id))) count++
    return count
  }

  /** Whether a peer has sent a compact block of this block, whatever has become of it. */
  hasSent(id: PeerId, key: string): boolean {
    const attempt = this.#blocks.get(key)?.peers.get(id)
    return attempt !== undefined && attempt.state !== 'expected'
  }

  /** Peers of the attempts at a block that nobody asked for and that are under way. */
  attemptsAt(key: string): PeerId[] {
    const peers = this.#blocks.get(key)?.peers ?? []
    return [...peers].filter(([, attempt]) => isOpen(attempt)).map(([id]) => id)
  }

  /** Whether an attempt at the block is young enough that a peer is not to be asked for all of it. */
  holdsOff(id: PeerId, key: string, now: Instant): boolean {
    const attempts = this.#blocks.get(key)?.peers
    if (attempts === undefined) return false
    const isOutbound = this.#isOutbound(id)
    for (const [other, attempt] of attempts) {
      if (!isOpen(attempt) || now - attempt.since >= STALL_TIMEOUT_DEFAULT) continue
      // Whoever dialled us keeps nobody else from being asked.
      if (other === id || this.#isOutbound(other) || !isOutbound) return true
    }
    return false
  }

  /** A compact block that nobody asked for is about to be looked at. */
  expect(id: PeerId, key: string, hash: BlockHash, now: Instant): void {
    const attempts = this.#attempts(key, hash)
    if (!attempts.has(id))
      attempts.set(id, { unasked: true, since: now, state: 'expected', reconstruction: undefined })
  }

  isExpected(id: PeerId, key: string): boolean {
    return this.#blocks.get(key)?.peers.get(id)?.state === 'expected'
  }

  /** A compact block that was asked for or expected; the first of this peer and block. */
  begin(id: PeerId, key: string, hash: BlockHash, compactBlock: CompactBlock, now: Instant): CompactStep {
    const attempts = this.#attempts(key, hash)
    const expected = attempts.get(id)
    const attempt: Attempt = expected ?? {
      unasked: false,
      since: now,
      state: 'over',
      reconstruction: undefined,
    }
    attempts.set(id, attempt)
    attempt.state = 'over'
    const count = compactBlock.shortIds.length + compactBlock.prefilled.length
    if (count > MAX_VALID_BLOCK_TRANSACTIONS)
      return {
        status: 'wrong-count',
        detail: `${count} transactions for ${MAX_VALID_BLOCK_TRANSACTIONS} at most`,
      }
    const own = ownPrefilled(compactBlock)
    const reconstruction = own && reconstructBlock(own)
    if (reconstruction === undefined || !this.#walks.offerTo(reconstruction, now)) return { status: 'failed' }
    const indexes = reconstruction.missing()
    if (indexes.length === 0) return step(reconstruction.finish([]))
    attempt.state = 'waiting'
    attempt.reconstruction = reconstruction
    return { status: 'missing', indexes }
  }

  /** @returns undefined where nothing was waited for: a second answer changes nothing (CVE-2024-35202). */
  answer(id: PeerId, key: string, transactions: readonly Transaction[]): CompactStep | undefined {
    const attempt = this.#blocks.get(key)?.peers.get(id)
    const reconstruction = attempt?.reconstruction
    if (attempt === undefined || reconstruction === undefined) return undefined
    attempt.state = 'over'
    attempt.reconstruction = undefined
    return step(reconstruction.finish(transactions))
  }

  /** Nothing comes of the peer's attempt. */
  giveUp(id: PeerId, key: string): void {
    const attempt = this.#blocks.get(key)?.peers.get(id)
    if (attempt === undefined) return
    attempt.state = 'over'
    attempt.reconstruction = undefined
  }

  /** The block is here, or not wanted any more. */
  forget(key: string): void {
    this.#blocks.delete(key)
  }

  /** Forgets the blocks that are not to be kept. */
  retain(keep: (hash: BlockHash) => boolean): void {
    for (const [key, { hash }] of this.#blocks) if (!keep(hash)) this.#blocks.delete(key)
  }

  /**
   * A peer that sent a block unasked and then not what was missing of it does not send the next one unasked.
   */
  expire(now: Instant): PeerAction[] {
    const actions: PeerAction[] = []
    for (const { peers } of this.#blocks.values()) {
      for (const [id, attempt] of peers) {
        if (!isOpen(attempt) || now - attempt.since < STALL_TIMEOUT_DEFAULT) continue
        attempt.state = 'over'
        attempt.reconstruction = undefined
        if (!this.isHighBandwidth(id)) continue
        this.#highBandwidth = this.#highBandwidth.filter((other) => other !== id)
        actions.push(sendCompact(id, false))
      }
    }
    return actions
  }

  /**
   * The peer was the first with a block at the tip: it may send the next one unasked.
   * One of the three stays outbound.
   */
  reward(id: PeerId): PeerAction[] {
    if (!this.supports(id)) return []
    const others = this.#highBandwidth.filter((other) => other !== id)
    const isNew = others.length === this.#highBandwidth.length
    this.#highBandwidth = [...others, id]
    const actions: PeerAction[] = isNew ? [sendCompact(id, true)] : []
    if (this.#highBandwidth.length > MAX_HIGH_BANDWIDTH_PEERS) {
      const dropped = this.#leastUseful(id)
      this.#highBandwidth = this.#highBandwidth.filter((other) => other !== dropped)
      actions.push(sendCompact(dropped, false))
    }
    return actions
  }

  #attempts(key: string, hash: BlockHash): Map<PeerId, Attempt> {
    const known = this.#blocks.get(key)
    if (known !== undefined) return known.peers
    const peers = new Map<PeerId, Attempt>()
    this.#blocks.set(key, { hash, peers })
    return peers
  }

  #isOutbound(id: PeerId): boolean {
    return this.#peers.get(id)?.outbound ?? false
  }

  #leastUseful(newest: PeerId): PeerId {
    const [first, second] = this.#highBandwidth
    const outbound = this.#highBandwidth.filter((id) => this.#isOutbound(id))
    const onlyOutbound = outbound.length === 1 && outbound[0] === first && !this.#isOutbound(newest)
    return onlyOutbound ? second! : first!
  }
}

function isOpen(attempt: Attempt | undefined): boolean {
  return attempt !== undefined && attempt.unasked && attempt.state !== 'over'
}

/**
 * The same with prefilled transactions in bytes of their own: as views they would keep alive the message,
 * and it may be one of 4 MB.
 * @returns undefined where they are too many.
 */
function ownPrefilled(compactBlock: CompactBlock): CompactBlock | undefined {
  let room = MAX_PREFILLED_BYTES
  const prefilled = []
  for (const { index, transaction } of compactBlock.prefilled) {
    const bytes = encodeTransaction(transaction)
    room -= bytes.length
    if (room < 0) return undefined
    prefilled.push({ index, transaction: decodeTransaction(bytes) })
  }
  return { ...compactBlock, prefilled }
}

function step(result: ReconstructionResult): CompactStep {
  switch (result.status) {
    case 'complete':
      return result
    case 'mismatch':
      return { status: 'failed' }
    case 'wrong-count':
      return {
        status: 'wrong-count',
        detail: `${result.received} transactions for ${result.expected} that were missing`,
      }
  }
}

function sendCompact(peer: PeerId, announce: boolean): PeerAction {
  return { type: 'send', peer, message: { type: 'sendcmpct', announce, version: COMPACT_BLOCKS_VERSION } }
}

/** Whether a block is so new that what it holds may have been heard before. */
export function isRecent({ header }: { readonly header: { readonly time: number } }, now: WallTime): boolean {
  return header.time * 1000 > now - RECENT_TIP
}
