import {
  type Block,
  type BlockHash,
  blockHash,
  blockSize,
  bytesToHex,
  type CompactBlock,
  InventoryType,
  type Message,
  type Transaction,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import {
  type CompactStep,
  CompactBlocks,
  isRecent,
  MAX_COMPACT_DOWNLOADS_PER_BLOCK,
} from './compact-blocks.ts'
import { Outbox } from '../chain/outbox.ts'
import type { HeaderChain, TipChange } from '../chain/header-chain-types.ts'
import { type BlockFault, checkBlock } from './block-check.ts'
import type {
  BlockDownloadAction,
  BlockPeer,
  BlockToCheck,
  DeliveredBlock,
  StreamId,
} from './block-download-types.ts'
import {
  BLOCK_DOWNLOAD_WINDOW,
  type BlockDownloadComponents,
  type BlockDownloadOptions,
  DEFAULT_BUFFER_BYTES,
  MAX_BLOCKS_IN_FLIGHT_PER_PEER,
} from './block-download-options.ts'
import { BlockRequests, type DownloadPeer } from './block-requests.ts'
import { BlockScheduler } from './block-scheduler.ts'
import { sendGetData } from './download-peers.ts'
import { BlockSizeEstimate } from './block-size-estimate.ts'
import { BlockStream } from './block-stream.ts'
import { SingleBlocks } from './single-blocks.ts'
import { StallTimeout } from './stall-timeout.ts'

/** A block whose parent is older than this many blocks' time is not at the tip (Core: CanDirectFetch). */
const DIRECT_FETCH_BLOCKS = 20
/** A stream whose next block nobody has had for this long is told of. */
const STARVING_MS = 60_000
/**
 * Entries of a `notfound` that are looked at: one with more is no answer (Core:
 * MAX_PEER_TX_ANNOUNCEMENTS and what is in flight).
 */
const MAX_NOTFOUND_ENTRIES = 5_000 + MAX_BLOCKS_IN_FLIGHT_PER_PEER

interface ArrivedBlock {
  readonly id: PeerId
  readonly block: Block
  readonly viaCompact: boolean
  /** What was found elsewhere; left out where nobody has looked yet. */
  readonly checked?: { readonly fault: BlockFault | undefined }
}

/**
 * Fetches the blocks of a header chain from many peers, checks them and hands them on in order. Which is
 * asked of whom is for `BlockScheduler` to say. Pure: events in, actions out; `now` with each event.
 */
export class BlockDownload {
  readonly #chain: HeaderChain
  readonly #requests = new BlockRequests()
  readonly #streams = new Map<StreamId, BlockStream>()
  readonly #singles = new SingleBlocks()
  readonly #patience = new StallTimeout()
  readonly #out = new Outbox<BlockDownloadAction>()
  readonly #scheduler: BlockScheduler
  readonly #sizes = new BlockSizeEstimate()
  readonly #compact: CompactBlocks
  readonly #usesCompact: boolean
  readonly #checksElsewhere: boolean
  readonly #wallTime: (at: Instant) => WallTime
  #nextStream = 1

  constructor(
    options: BlockDownloadOptions,
    { chain, transactions, wallTime, checksElsewhere = false }: BlockDownloadComponents,
  ) {
    this.#chain = chain
    this.#wallTime = wallTime
    this.#checksElsewhere = checksElsewhere
    this.#compact = new CompactBlocks(transactions ?? (() => []))
    this.#usesCompact = transactions !== undefined
    this.#scheduler = new BlockScheduler(
      {
        window: options.window ?? BLOCK_DOWNLOAD_WINDOW,
        bufferBytes: options.bufferBytes ?? DEFAULT_BUFFER_BYTES,
        inFlightPerPeer: options.inFlightPerPeer ?? MAX_BLOCKS_IN_FLIGHT_PER_PEER,
      },
      {
        chain,
        requests: this.#requests,
        streams: this.#streams,
        singles: this.#singles,
        patience: this.#patience,
        sizes: this.#sizes,
        compact: this.#compact,
        usesCompact: this.#usesCompact,
        wallTime,
        out: this.#out,
      },
    )
  }

  /** Blocks asked for and not here yet. */
  get inFlight(): number {
    return this.#requests.size
  }

  addPeer(id: PeerId, facts: BlockPeer, now: Instant): BlockDownloadAction[] {
    return this.#then(now, () => {
      this.#requests.addPeer(id, facts)
      this.#compact.addPeer(id, facts.preferred)
    })
  }

  removePeer(id: PeerId, now: Instant): BlockDownloadAction[] {
    return this.#then(now, () => {
      for (const { height } of this.#requests.removePeer(id)) this.#askAgain(height)
      this.#singles.removePeer(id)
      this.#compact.removePeer(id)
    })
  }

  /** The peer has this block and all before it (from the header sync's `peer-has`). */
  peerHas(id: PeerId, hash: BlockHash, now: Instant): BlockDownloadAction[] {
    const peer = this.#requests.peers.get(id)
    if (peer === undefined) return []
    return this.#then(now, () => {
      peer.best = hash
      peer.commonHeight = this.#chain.forkPoint(hash)?.height ?? -1
    })
  }

  /** The best chain moved (from the header sync's `tip-changed`). */
  onTipChange(change: TipChange, now: Instant): BlockDownloadAction[] {
    return this.#then(now, () => this.#followTip(change))
  }

  /** A `block` message, asked for or not. */
  onBlock(id: PeerId, block: Block, now: Instant): BlockDownloadAction[] {
    this.#requests.progress(id, bytesToHex(blockHash(block.header)), now)
    const elsewhere = this.#checksElsewhere ? this.#checkElsewhere(id, block) : undefined
    return elsewhere ?? this.#then(now, () => this.#take({ id, block, viaCompact: false }))
  }

  /** What was found of a block that a `check` action gave out; undefined: nothing wrong. */
  onChecked(
    { peer, block }: BlockToCheck,
    fault: BlockFault | undefined,
    now: Instant,
  ): BlockDownloadAction[] {
    this.#requests.peers.get(peer)?.underCheck.delete(bytesToHex(blockHash(block.header)))
    const arrived: ArrivedBlock = { id: peer, block, viaCompact: false, checked: { fault } }
    return this.#then(now, () => this.#take(arrived))
  }

  /**
   * Only what a peer was asked for, and once: more than its blocks in flight is never held for it,
   * whatever it sends.
   * @returns undefined where the block is to be taken at once.
   */
  #checkElsewhere(id: PeerId, block: Block): BlockDownloadAction[] | undefined {
    const hash = blockHash(block.header)
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    const peer = this.#requests.peers.get(id)
    if (height === undefined || peer?.inFlight.has(key) !== true) return undefined
    if (peer.underCheck.has(key)) return []
    if (!this.#isWanted(key, hash)) return undefined
    peer.underCheck.add(key)
    return [{ type: 'check', peer: id, block, height }]
  }

  /** A `sendcmpct`: which version of compact blocks (BIP152) the peer speaks. */
  onSendCompact(id: PeerId, version: bigint): void {
    this.#compact.onSendCompact(id, version)
  }

  /**
   * Call before what follows from the header of an unasked `cmpctblock` is done (`onTipChange`, `peerHas`):
   * the block is then not asked for in another way. `onCompactBlock` has to follow.
   */
  expectCompactBlock(id: PeerId, hash: BlockHash, now: Instant): void {
    const peer = this.#requests.peers.get(id)
    const height = this.#chain.heightOf(hash)
    const key = bytesToHex(hash)
    if (peer === undefined || height === undefined || peer.inFlight.has(key)) return
    if (this.#mayComeUnasked(peer, key, hash, height, now)) this.#compact.expect(id, key, hash, now)
  }

  /**
   * Bitcoin Core's rules for a compact block that nobody asked for: at the tip or next to it, when the chain
   * has caught up, within what is asked of one peer, from three peers at most of which one place is kept for
   * those that we dialled. Besides, from none that dialled us and was not asked to send them.
   */
  #mayComeUnasked(peer: DownloadPeer, key: string, hash: BlockHash, height: number, now: Instant): boolean {
    if (!this.#usesCompact || this.#compact.hasSent(peer.id, key) || !this.#scheduler.hasRoom(peer))
      return false
    const isHighBandwidth = this.#compact.isHighBandwidth(peer.id)
    if (!isHighBandwidth && !peer.facts.preferred) return false
    const tip = this.#chain.tip()
    if (height < tip.height - 1 || !this.#chain.isActive(hash) || !this.#canFetchDirectly(height, now))
      return false
    if (![...this.#streams.values()].some((stream) => height <= stream.next + 1 && stream.wants(height)))
      return false
    const others = new Set([...(this.#requests.get(key)?.peers ?? []), ...this.#compact.attemptsAt(key)])
    if (others.size === 0) return true
    if (!isHighBandwidth || others.size >= MAX_COMPACT_DOWNLOADS_PER_BLOCK) return false
    const isOutbound = (id: PeerId): boolean => this.#requests.peers.get(id)?.facts.preferred === true
    return (
      peer.facts.preferred ||
      [...others].some(isOutbound) ||
      others.size < MAX_COMPACT_DOWNLOADS_PER_BLOCK - 1
    )
  }

  /** Whether the chain below a block is recent. */
  #canFetchDirectly(height: number, now: Instant): boolean {
    const parent = this.#chain.headerAt(height - 1)
    const span = DIRECT_FETCH_BLOCKS * this.#chain.network.proofOfWork.targetSpacing * 1000
    return parent !== undefined && parent.time * 1000 > this.#wallTime(now) - span
  }

  /** A `cmpctblock`, asked for or expected, whose header the chain has accepted. */
  onCompactBlock(id: PeerId, compactBlock: CompactBlock, now: Instant): BlockDownloadAction[] {
    const hash = blockHash(compactBlock.header)
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    const isAsked = this.#requests.get(key)?.peers.has(id) === true
    if (height === undefined || !(isAsked || this.#compact.isExpected(id, key))) return []
    if (this.#compact.hasSent(id, key)) return []
    if (!this.#isWanted(key, hash)) {
      return this.#then(now, () => this.#compact.forget(key))
    }
    const step = this.#compact.begin(id, key, hash, compactBlock, now)
    return this.#out.handle(now, () => this.#compactStep(id, hash, step))
  }

  /** A `blocktxn`. */
  onBlockTransactions(
    id: PeerId,
    hash: BlockHash,
    transactions: readonly Transaction[],
    now: Instant,
  ): BlockDownloadAction[] {
    const step = this.#compact.answer(id, bytesToHex(hash), transactions)
    return step === undefined ? [] : this.#out.handle(now, () => this.#compactStep(id, hash, step))
  }

  #compactStep(id: PeerId, hash: BlockHash, step: CompactStep): void {
    const key = bytesToHex(hash)
    switch (step.status) {
      case 'complete':
        this.#requests.progress(id, key, this.#out.now)
        this.#take({ id, block: step.block, viaCompact: true })
        break
      case 'missing': {
        const indexes = Uint16Array.from(step.indexes)
        const message: Message = { type: 'getblocktxn', blockHash: hash, indexes }
        this.#out.push({ type: 'send', peer: id, message })
        return
      }
      case 'failed':
        this.#wholeBlock(id, key, hash)
        break
      case 'wrong-count':
        this.#refuse(id, key)
        this.#out.push({ type: 'punish', peer: id, reason: 'invalid-compact-block', detail: step.detail })
        break
    }
    this.#scheduler.fill()
  }

  /**
   * The compact block led nowhere: a peer that was asked for it is asked for all of the block;
   * of one that was not, nothing is owed.
   */
  #wholeBlock(id: PeerId, key: string, hash: BlockHash): void {
    if (this.#requests.get(key)?.peers.has(id) !== true) return
    this.#out.push(sendGetData(id, [{ type: InventoryType.WITNESS_BLOCK, hash }]))
  }

  #take({ id, block, viaCompact, checked }: ArrivedBlock): void {
    const hash = blockHash(block.header)
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    if (height === undefined || !this.#isWanted(key, hash)) return
    const { fault } = checked ?? { fault: checkBlock(block, height, this.#chain.network) }
    if (fault === undefined) {
      this.#requests.finish(key)
      this.#compact.forget(key)
      const size = blockSize(block)
      this.#sizes.add(size)
      this.#patience.onProgress()
      this.#handOn({ height, hash, block, size, peer: id }, key)
      if (
        this.#usesCompact &&
        height === this.#chain.tip().height &&
        isRecent(block, this.#wallTime(this.#out.now))
      )
        this.#out.push(...this.#compact.reward(id))
      return
    }
    if (fault.mutated && viaCompact) {
      this.#wholeBlock(id, key, hash)
      return
    }
    // A compact block may be passed on before it is validated (BIP152), so an invalid one is nobody's fault.
    if (!viaCompact) {
      const reason = fault.mutated ? 'mutated-block' : 'invalid-block'
      this.#out.push({ type: 'punish', peer: id, reason, detail: `block ${height}: ${fault.rule}` })
    }
    this.#refuse(id, key)
    if (fault.mutated) return
    const change = this.#chain.invalidate(hash)
    this.#out.push({ type: 'block-invalid', hash, rule: fault.rule, ...(change && { change }) })
    if (change !== undefined) this.#followTip(change)
  }

  /** Block hashes of a `notfound`. */
  onNotFound(id: PeerId, hashes: readonly BlockHash[], now: Instant): BlockDownloadAction[] {
    const peer = this.#requests.peers.get(id)
    if (peer === undefined || peer.inFlight.size === 0 || hashes.length > MAX_NOTFOUND_ENTRIES) return []
    let isAnswer = false
    for (const hash of hashes) {
      const key = bytesToHex(hash)
      if (!peer.inFlight.has(key) && !peer.owed.has(key)) continue
      isAnswer = true
      this.#refuse(id, key)
    }
    return isAnswer ? this.#then(now, () => undefined) : []
  }

  /** Call about once a second, and at least each half second while blocks are in flight. */
  tick(now: Instant): BlockDownloadAction[] {
    return this.#then(now, () => {
      this.#out.push(...this.#compact.expire(now))
      this.#compact.retain((hash) => this.#isWaitedFor(hash))
      this.#scheduler.judgeAll()
      this.#tellStarving()
    })
  }

  /**
   * Starts a stream of the best chain's blocks from height `from` to height `to`, or for ever where `to` is
   * left out (a following stream: it takes reorgs along).
   */
  openStream(
    range: { readonly from: number; readonly to?: number },
    now: Instant,
  ): { readonly stream: StreamId; readonly actions: BlockDownloadAction[] } {
    const stream = this.#nextStream++ as StreamId
    this.#streams.set(stream, new BlockStream(stream, range.from, range.to ?? Number.POSITIVE_INFINITY))
    return { stream, actions: this.#then(now, () => undefined) }
  }

  closeStream(stream: StreamId): void {
    this.#streams.delete(stream)
  }

  /** The program took `count` blocks of those delivered to the stream: there is room for more. */
  consumed(id: StreamId, count: number, now: Instant): BlockDownloadAction[] {
    const stream = this.#streams.get(id)
    if (stream === undefined) return []
    return this.#then(now, () => {
      stream.consumed(count)
      this.#deliver(stream)
    })
  }

  /** Asks for one block by its hash, on the best chain or not; answered by a `single` action. */
  want(hash: BlockHash, now: Instant): BlockDownloadAction[] {
    return this.#then(now, () => this.#singles.add(bytesToHex(hash), hash))
  }

  unwant(hash: BlockHash): void {
    this.#singles.delete(bytesToHex(hash))
  }

  /**
   * Whether no peer that is connected may have the block: it is known to lack it,
   * or keeps recent blocks only.
   */
  isUnavailable(hash: BlockHash): boolean {
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    // With nobody there at all it may be anywhere.
    if (this.#requests.peers.size === 0) return false
    if (height === undefined || this.#requests.get(key) !== undefined) return false
    return ![...this.#requests.peers.values()].some((peer) =>
      this.#scheduler.mayHave(peer, key, hash, height),
    )
  }

  /** Handles one event; what may be asked for after it is asked for. */
  #then(now: Instant, event: () => void): BlockDownloadAction[] {
    return this.#out.handle(now, () => {
      event()
      this.#scheduler.fill()
    })
  }

  /** Says of which streams the next block is nowhere to be had. */
  #tellStarving(): void {
    const { now } = this.#out
    for (const stream of this.#streams.values()) {
      const hash = stream.next <= stream.to ? this.#chain.hashAt(stream.next) : undefined
      if (hash === undefined || !this.isUnavailable(hash)) {
        stream.starving = undefined
        continue
      }
      if (stream.starving?.height !== stream.next)
        stream.starving = { height: stream.next, since: now, isTold: false }
      if (stream.starving.isTold || now - stream.starving.since < STARVING_MS) continue
      stream.starving.isTold = true
      this.#out.push({ type: 'stream-unavailable', hash })
    }
  }

  #isWanted(key: string, hash: BlockHash): boolean {
    if (this.#isWaitedFor(hash)) return true
    // Asked for by a stream that is closed, or before a reorg.
    this.#requests.finish(key)
    return false
  }

  #isWaitedFor(hash: BlockHash): boolean {
    const height = this.#chain.heightOf(hash)
    if (height === undefined) return false
    if (this.#singles.has(bytesToHex(hash))) return true
    return this.#chain.isActive(hash) && [...this.#streams.values()].some((stream) => stream.wants(height))
  }

  #handOn(block: DeliveredBlock, key: string): void {
    if (this.#singles.delete(key)) this.#out.push({ type: 'single', block })
    if (!this.#chain.isActive(block.hash)) return
    for (const stream of this.#streams.values()) {
      if (!stream.wants(block.height)) continue
      stream.hold(block)
      this.#deliver(stream)
    }
  }

  #deliver(stream: BlockStream): void {
    for (let block = stream.take(); block !== undefined; block = stream.take()) {
      this.#out.push({ type: 'deliver', stream: stream.id, block })
    }
    if (!stream.ended) return
    this.#streams.delete(stream.id)
    this.#out.push({ type: 'stream-end', stream: stream.id })
  }

  #followTip(change: TipChange): void {
    for (const peer of this.#requests.peers.values()) {
      if (peer.best !== undefined) peer.commonHeight = this.#chain.forkPoint(peer.best)?.height ?? -1
    }
    if (change.disconnected.length === 0) return
    this.#compact.retain((hash) => this.#chain.isActive(hash))
    for (const stream of this.#streams.values()) {
      const delivered = stream.rewind(change.fork.height)
      const disconnected = change.disconnected.filter(({ height }) => height <= delivered)
      if (disconnected.length > 0) {
        this.#out.push({ type: 'rewind', stream: stream.id, change: { ...change, disconnected } })
      }
    }
  }

  /** The peer does not give us the block. */
  #refuse(id: PeerId, key: string): void {
    const request = this.#requests.get(key)
    const isLeft = this.#requests.fail(id, key) !== undefined
    this.#compact.giveUp(id, key)
    this.#singles.refused(key, id)
    if (request === undefined) return
    const peer = this.#requests.peers.get(id)
    // A peer that lacks a block lacks what builds on it, as far as we care; also where others are still asked
    // for it, or it would be asked to help them again, and again.
    const { hash, height } = request
    if (peer !== undefined && peer.commonHeight >= height && this.#chain.isActive(hash))
      peer.commonHeight = height - 1
    if (isLeft) this.#askAgain(height)
  }

  #askAgain(height: number): void {
    for (const stream of this.#streams.values()) stream.retry(height)
  }
}
