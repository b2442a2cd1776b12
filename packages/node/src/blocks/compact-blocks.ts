import {
  type Block,
  type BlockReconstruction,
  type CompactBlock,
  type ReconstructionResult,
  reconstructBlock,
  type Transaction,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2'
import type { PeerAction } from '../chain/peer-action.ts'

/** The version of BIP152 that is in use: short ids by wtxid. */
export const COMPACT_BLOCKS_VERSION = 2n
/** Peers that send us compact blocks unasked (BIP152; Core: 3). */
export const MAX_HIGH_BANDWIDTH_PEERS = 3
/** Peers from which one block may be put together at the same time (Core: MAX_CMPCTBLOCKS_INFLIGHT_PER_BLOCK). */
export const MAX_COMPACT_DOWNLOADS_PER_BLOCK = 3

/** A tip younger than this is worth a compact block; an older one is part of a sync. */
const RECENT_TIP_MS = 60 * 60_000

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

/** Which peers send compact blocks, and the blocks that are being put together from them. One state for each peer and block. */
export class CompactBlocks {
  readonly #transactions: () => Iterable<Transaction>
  readonly #peers = new Map<PeerId, CompactPeer>()
  readonly #partial = new Map<string, Map<PeerId, BlockReconstruction>>()
  /** Least recently useful first. */
  #highBandwidth: PeerId[] = []

  constructor(transactions: () => Iterable<Transaction>) {
    this.#transactions = transactions
  }

  addPeer(id: PeerId, outbound: boolean): void {
    this.#peers.set(id, { outbound, supports: false })
  }

  removePeer(id: PeerId): void {
    this.#peers.delete(id)
    this.#highBandwidth = this.#highBandwidth.filter((other) => other !== id)
    for (const [key, partial] of this.#partial) {
      partial.delete(id)
      if (partial.size === 0) this.#partial.delete(key)
    }
  }

  onSendCompact(id: PeerId, version: bigint): void {
    const peer = this.#peers.get(id)
    if (peer !== undefined && version === COMPACT_BLOCKS_VERSION) peer.supports = true
  }

  supports(id: PeerId): boolean {
    return this.#peers.get(id)?.supports ?? false
  }

  /** A compact block that was asked for or expected. */
  begin(id: PeerId, key: string, compactBlock: CompactBlock): CompactStep {
    const reconstruction = reconstructBlock(compactBlock)
    if (reconstruction === undefined) return { status: 'failed' }
    reconstruction.offer(this.#transactions())
    const indexes = reconstruction.missing()
    if (indexes.length === 0) return step(reconstruction.finish([]))
    const partial = this.#partial.get(key) ?? new Map<PeerId, BlockReconstruction>()
    this.#partial.set(key, partial)
    partial.set(id, reconstruction)
    return { status: 'missing', indexes }
  }

  /** @returns undefined where nothing was waited for: a second answer changes nothing (CVE-2024-35202). */
  answer(id: PeerId, key: string, transactions: readonly Transaction[]): CompactStep | undefined {
    const partial = this.#partial.get(key)
    const reconstruction = partial?.get(id)
    if (reconstruction === undefined) return undefined
    partial!.delete(id)
    return step(reconstruction.finish(transactions))
  }

  /** The block is here, or not wanted any more. */
  forget(key: string): void {
    this.#partial.delete(key)
  }

  /** The peer was the first with a block at the tip: it may send the next one unasked. One of the three stays outbound. */
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

  #leastUseful(newest: PeerId): PeerId {
    const isOutbound = (id: PeerId): boolean => this.#peers.get(id)?.outbound ?? false
    const [first, second] = this.#highBandwidth
    const outbound = this.#highBandwidth.filter(isOutbound)
    const onlyOutbound = outbound.length === 1 && outbound[0] === first && !isOutbound(newest)
    return onlyOutbound ? second! : first!
  }
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
export function isRecent({ header }: { readonly header: { readonly time: number } }, now: Instant): boolean {
  return header.time * 1000 > now - RECENT_TIP_MS
}
