/**
 * Compact blocks on their way: which are taken, asked or unasked.
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * https://github.com/bitcoin/bitcoin/blob/master/src/net_processing.cpp
 * @module
 */

import {
  type Block,
  type BlockHash,
  blockHash,
  bytesToHex,
  type CompactBlock,
  InventoryType,
  type Message,
  type Transaction,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { type Instant, SECOND, type WallTime } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { Outbox } from '../chain/outbox.ts'
import type { BlockDownloadAction } from './block-download-action.ts'
import type { BlockRequests, DownloadPeer } from './block-requests.ts'
import type { BlockScheduler } from './block-scheduler.ts'
import { type CompactBlocks, type CompactStep, MAX_COMPACT_DOWNLOADS_PER_BLOCK } from './compact-blocks.ts'
import { sendGetData } from './download-peers.ts'
import type { OpenStreams } from './open-streams.ts'

/** A block whose parent is older than this many blocks' time is not at the tip (Core, `CanDirectFetch`). */
const DIRECT_FETCH_BLOCKS = 20

export interface CompactDownloadComponents {
  readonly chain: HeaderChain
  readonly requests: BlockRequests
  readonly streams: OpenStreams
  readonly compact: CompactBlocks
  readonly scheduler: Pick<BlockScheduler, 'fill' | 'hasRoom'>
  /** Whether one that nobody asked for may be taken at all. */
  readonly mayComeUnasked: boolean
  readonly wallTime: (at: Instant) => WallTime
  readonly out: Outbox<BlockDownloadAction>
  /** What becomes of the block. */
  readonly blocks: {
    isWanted(key: string, hash: BlockHash): boolean
    /** It is whole. */
    take(id: PeerId, block: Block): void
    /** The peer does not give us the block. */
    refuse(id: PeerId, key: string): void
  }
}

/**
 * The way of a block that comes as a compact one (BIP152): which are taken, what is asked for of each, and
 * what follows where it leads nowhere.
 */
export class CompactDownload {
  readonly #parts: CompactDownloadComponents

  constructor(components: CompactDownloadComponents) {
    this.#parts = components
  }

  /** One that nobody asked for is about to be looked at. */
  expect(id: PeerId, hash: BlockHash, now: Instant): void {
    const { chain, requests, compact, mayComeUnasked } = this.#parts
    const peer = requests.peers.get(id)
    const height = chain.heightOf(hash)
    const key = bytesToHex(hash)
    if (peer === undefined || height === undefined || peer.inFlight.has(key)) return
    if (mayComeUnasked && this.#mayComeUnasked(peer, key, hash, height, now))
      compact.expect(id, key, hash, now)
  }

  /**
   * Bitcoin Core's rules for a compact block that nobody asked for: at the tip or next to it, when the chain
   * has caught up, within what is asked of one peer, from three peers at most of which one place is kept for
   * those that we dialled. Besides, from none that dialled us and was not asked to send them.
   */
  #mayComeUnasked(peer: DownloadPeer, key: string, hash: BlockHash, height: number, now: Instant): boolean {
    const { chain, requests, streams, compact, scheduler } = this.#parts
    if (compact.hasSent(peer.id, key) || !scheduler.hasRoom(peer)) return false
    const isHighBandwidth = compact.isHighBandwidth(peer.id)
    if (!isHighBandwidth && !peer.facts.preferred) return false
    if (height < chain.tip().height - 1 || !chain.isActive(hash)) return false
    if (!this.#canFetchDirectly(height, now) || !streams.wantSoon(height)) return false
    const others = new Set([...(requests.get(key)?.peers ?? []), ...compact.attemptsAt(key)])
    if (others.size === 0) return true
    if (!isHighBandwidth || others.size >= MAX_COMPACT_DOWNLOADS_PER_BLOCK) return false
    const isOutbound = (id: PeerId): boolean => requests.peers.get(id)?.facts.preferred === true
    return (
      peer.facts.preferred ||
      [...others].some(isOutbound) ||
      others.size < MAX_COMPACT_DOWNLOADS_PER_BLOCK - 1
    )
  }

  /** Whether the chain below a block is recent. */
  #canFetchDirectly(height: number, now: Instant): boolean {
    const { chain, wallTime } = this.#parts
    const parent = chain.headerAt(height - 1)
    const span = chain.network.proofOfWork.targetSpacing * SECOND * DIRECT_FETCH_BLOCKS
    return parent !== undefined && parent.time * 1000 > wallTime(now) - span
  }

  /** A `cmpctblock`, asked for or expected; any other is passed over. */
  onCompactBlock(id: PeerId, compactBlock: CompactBlock): void {
    const { chain, requests, compact, scheduler, out, blocks } = this.#parts
    const hash = blockHash(compactBlock.header)
    const key = bytesToHex(hash)
    const isAsked = requests.get(key)?.peers.has(id) === true
    if (chain.heightOf(hash) === undefined || !(isAsked || compact.isExpected(id, key))) return
    if (compact.hasSent(id, key)) return
    if (blocks.isWanted(key, hash)) {
      this.#follow(id, hash, compact.begin(id, key, hash, compactBlock, out.now))
    } else {
      compact.forget(key)
      scheduler.fill()
    }
  }

  /** A `blocktxn`. */
  onTransactions(id: PeerId, hash: BlockHash, transactions: readonly Transaction[]): void {
    const step = this.#parts.compact.answer(id, bytesToHex(hash), transactions)
    if (step !== undefined) this.#follow(id, hash, step)
  }

  #follow(id: PeerId, hash: BlockHash, step: CompactStep): void {
    const { requests, scheduler, out, blocks } = this.#parts
    const key = bytesToHex(hash)
    switch (step.status) {
      case 'complete':
        requests.progress(id, key, out.now)
        blocks.take(id, step.block)
        break
      case 'missing': {
        const indexes = Uint16Array.from(step.indexes)
        const message: Message = { type: 'getblocktxn', blockHash: hash, indexes }
        out.push({ type: 'send', peer: id, message })
        return
      }
      case 'failed':
        this.askForWhole(id, key, hash)
        break
      case 'wrong-count':
        blocks.refuse(id, key)
        out.push({ type: 'punish', peer: id, reason: 'invalid-compact-block', detail: step.detail })
        break
    }
    scheduler.fill()
  }

  /**
   * The compact block led nowhere: a peer that was asked for it is asked for all of the block;
   * of one that was not, nothing is owed.
   */
  askForWhole(id: PeerId, key: string, hash: BlockHash): void {
    const { requests, out } = this.#parts
    if (requests.get(key)?.peers.has(id) !== true) return
    out.push(sendGetData(id, [{ type: InventoryType.WITNESS_BLOCK, hash }]))
  }
}
