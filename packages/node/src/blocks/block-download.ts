import {
  type Block,
  type BlockHash,
  blockHash,
  blockSize,
  bytesToHex,
  type CompactBlock,
  InventoryType,
  type InventoryVector,
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
import type { HeaderChain, TipChange } from '../chain/header-chain-types.ts'
import { type BlockFault, checkBlock } from './block-check.ts'
import type {
  BlockDownload,
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
import { BlockRequests, type DownloadPeer, owesNothing } from './block-requests.ts'
import {
  blockTimeout,
  isLeftToOthers,
  LATE_PEER_TIMEOUT_MS,
  mayServe,
  sendGetData,
} from './download-peers.ts'
import { BlockSizeEstimate } from './block-size-estimate.ts'
import { BlockStream } from './block-stream.ts'
import { SingleBlocks } from './single-blocks.ts'
import { STALL_TIMEOUT_DEFAULT_MS, StallTimeout } from './stall-timeout.ts'

/** Peers that one block is asked of at the same time because others have sent nothing meanwhile. */
const MAX_PEERS_PER_BLOCK = 8
/** A block whose parent is older than this many blocks' time is not at the tip (Core: CanDirectFetch). */
const DIRECT_FETCH_BLOCKS = 20
/** A stream whose next block nobody has had for this long is told of. */
const STARVING_MS = 60_000
/** Entries of a `notfound` that are looked at: one with more is no answer (Core: MAX_PEER_TX_ANNOUNCEMENTS and what is in flight). */
const MAX_NOTFOUND_ENTRIES = 5_000 + MAX_BLOCKS_IN_FLIGHT_PER_PEER

interface ArrivedBlock {
  readonly id: PeerId
  readonly block: Block
  readonly viaCompact: boolean
  /** What was found elsewhere; left out where nobody has looked yet. */
  readonly checked?: { readonly fault: BlockFault | undefined }
}

/** Fetches the blocks of a header chain from many peers, checks them and hands them on in order. */
export function createBlockDownload(
  options: BlockDownloadOptions,
  components: BlockDownloadComponents,
): BlockDownload {
  return new ManyPeerBlockDownload(options, components)
}

class ManyPeerBlockDownload implements BlockDownload {
  readonly #chain: HeaderChain
  readonly #window: number
  readonly #bufferBytes: number
  readonly #inFlightPerPeer: number
  readonly #requests = new BlockRequests()
  readonly #streams = new Map<StreamId, BlockStream>()
  readonly #singles = new SingleBlocks()
  readonly #patience = new StallTimeout()
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
    this.#window = options.window ?? BLOCK_DOWNLOAD_WINDOW
    this.#bufferBytes = options.bufferBytes ?? DEFAULT_BUFFER_BYTES
    this.#inFlightPerPeer = options.inFlightPerPeer ?? MAX_BLOCKS_IN_FLIGHT_PER_PEER
  }

  get inFlight(): number {
    return this.#requests.size
  }

  addPeer(id: PeerId, facts: BlockPeer, now: Instant): BlockDownloadAction[] {
    this.#requests.addPeer(id, facts)
    this.#compact.addPeer(id, facts.preferred)
    return this.#fill(now, [])
  }

  removePeer(id: PeerId, now: Instant): BlockDownloadAction[] {
    for (const { height } of this.#requests.removePeer(id)) this.#askAgain(height)
    this.#singles.removePeer(id)
    this.#compact.removePeer(id)
    return this.#fill(now, [])
  }

  peerHas(id: PeerId, hash: BlockHash, now: Instant): BlockDownloadAction[] {
    const peer = this.#requests.peers.get(id)
    if (peer === undefined) return []
    peer.best = hash
    peer.commonHeight = this.#chain.forkPoint(hash)?.height ?? -1
    return this.#fill(now, [])
  }

  onTipChange(change: TipChange, now: Instant): BlockDownloadAction[] {
    const actions: BlockDownloadAction[] = []
    this.#followTip(change, actions)
    return this.#fill(now, actions)
  }

  onBlock(id: PeerId, block: Block, now: Instant): BlockDownloadAction[] {
    this.#requests.progress(id, bytesToHex(blockHash(block.header)), now)
    const elsewhere = this.#checksElsewhere ? this.#checkElsewhere(id, block) : undefined
    return elsewhere ?? this.#fill(now, this.#take({ id, block, viaCompact: false }, now))
  }

  onChecked(
    { peer, block }: BlockToCheck,
    fault: BlockFault | undefined,
    now: Instant,
  ): BlockDownloadAction[] {
    this.#requests.peers.get(peer)?.underCheck.delete(bytesToHex(blockHash(block.header)))
    const arrived: ArrivedBlock = { id: peer, block, viaCompact: false, checked: { fault } }
    return this.#fill(now, this.#take(arrived, now))
  }

  /**
   * Only what a peer was asked for, and once: more than its blocks in flight is never held for it, whatever it sends.
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

  onSendCompact(id: PeerId, version: bigint): void {
    this.#compact.onSendCompact(id, version)
  }

  expectCompactBlock(id: PeerId, hash: BlockHash, now: Instant): void {
    const peer = this.#requests.peers.get(id)
    const height = this.#chain.heightOf(hash)
    const key = bytesToHex(hash)
    if (peer === undefined || height === undefined || peer.inFlight.has(key)) return
    if (this.#mayComeUnasked(peer, key, hash, height, now)) this.#compact.expect(id, key, hash, now)
  }

  /**
   * Bitcoin Core's rules for a compact block that nobody asked for: at the tip or next to it, when the chain has caught up, within what is
   * asked of one peer, from three peers at most of which one place is kept for those that we dialled. Besides, from none that
   * dialled us and was not asked to send them.
   */
  #mayComeUnasked(peer: DownloadPeer, key: string, hash: BlockHash, height: number, now: Instant): boolean {
    if (!this.#usesCompact || this.#compact.hasSent(peer.id, key) || !this.#hasRoom(peer)) return false
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

  onCompactBlock(id: PeerId, compactBlock: CompactBlock, now: Instant): BlockDownloadAction[] {
    const hash = blockHash(compactBlock.header)
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    const isAsked = this.#requests.get(key)?.peers.has(id) === true
    if (height === undefined || !(isAsked || this.#compact.isExpected(id, key))) return []
    if (this.#compact.hasSent(id, key)) return []
    if (!this.#isWanted(key, hash)) {
      this.#compact.forget(key)
      return this.#fill(now, [])
    }
    return this.#compactStep(id, hash, this.#compact.begin(id, key, hash, compactBlock, now), now)
  }

  onBlockTransactions(
    id: PeerId,
    hash: BlockHash,
    transactions: readonly Transaction[],
    now: Instant,
  ): BlockDownloadAction[] {
    const step = this.#compact.answer(id, bytesToHex(hash), transactions)
    return step === undefined ? [] : this.#compactStep(id, hash, step, now)
  }

  #compactStep(id: PeerId, hash: BlockHash, step: CompactStep, now: Instant): BlockDownloadAction[] {
    const key = bytesToHex(hash)
    switch (step.status) {
      case 'complete':
        this.#requests.progress(id, key, now)
        return this.#fill(now, this.#take({ id, block: step.block, viaCompact: true }, now))
      case 'missing': {
        const indexes = Uint16Array.from(step.indexes)
        return [{ type: 'send', peer: id, message: { type: 'getblocktxn', blockHash: hash, indexes } }]
      }
      case 'failed':
        return this.#fill(now, this.#wholeBlock(id, key, hash))
      case 'wrong-count': {
        this.#refuse(id, key)
        const actions: BlockDownloadAction[] = [
          { type: 'punish', peer: id, reason: 'invalid-compact-block', detail: step.detail },
        ]
        return this.#fill(now, actions)
      }
    }
  }

  /** The compact block led nowhere: a peer that was asked for it is asked for all of the block; of one that was not, nothing is owed. */
  #wholeBlock(id: PeerId, key: string, hash: BlockHash): BlockDownloadAction[] {
    if (this.#requests.get(key)?.peers.has(id) !== true) return []
    return [sendGetData(id, [{ type: InventoryType.WITNESS_BLOCK, hash }])]
  }

  #take({ id, block, viaCompact, checked }: ArrivedBlock, now: Instant): BlockDownloadAction[] {
    const actions: BlockDownloadAction[] = []
    const hash = blockHash(block.header)
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    if (height === undefined || !this.#isWanted(key, hash)) return actions
    const { fault } = checked ?? { fault: checkBlock(block, height, this.#chain.network) }
    if (fault === undefined) {
      this.#requests.finish(key)
      this.#compact.forget(key)
      const size = blockSize(block)
      this.#sizes.add(size)
      this.#patience.onProgress()
      this.#handOn({ height, hash, block, size, peer: id }, key, actions)
      if (this.#usesCompact && height === this.#chain.tip().height && isRecent(block, this.#wallTime(now)))
        actions.push(...this.#compact.reward(id))
      return actions
    }
    if (fault.mutated && viaCompact) return this.#wholeBlock(id, key, hash)
    // A compact block may be passed on before it is validated (BIP152), so an invalid one is nobody's fault.
    if (!viaCompact) {
      const reason = fault.mutated ? 'mutated-block' : 'invalid-block'
      actions.push({ type: 'punish', peer: id, reason, detail: `block ${height}: ${fault.rule}` })
    }
    this.#refuse(id, key)
    if (fault.mutated) return actions
    const change = this.#chain.invalidate(hash)
    actions.push({ type: 'block-invalid', hash, rule: fault.rule, ...(change && { change }) })
    if (change !== undefined) this.#followTip(change, actions)
    return actions
  }

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
    return isAnswer ? this.#fill(now, []) : []
  }

  tick(now: Instant): BlockDownloadAction[] {
    const actions: BlockDownloadAction[] = this.#compact.expire(now)
    this.#compact.retain((hash) => this.#isWaitedFor(hash))
    for (const peer of this.#requests.peers.values()) this.#judge(peer, now, actions)
    this.#tellStarving(now, actions)
    return this.#fill(now, actions)
  }

  openStream(
    range: { readonly from: number; readonly to?: number },
    now: Instant,
  ): { readonly stream: StreamId; readonly actions: BlockDownloadAction[] } {
    const stream = this.#nextStream++ as StreamId
    this.#streams.set(stream, new BlockStream(stream, range.from, range.to ?? Number.POSITIVE_INFINITY))
    return { stream, actions: this.#fill(now, []) }
  }

  closeStream(stream: StreamId): void {
    this.#streams.delete(stream)
  }

  consumed(id: StreamId, count: number, now: Instant): BlockDownloadAction[] {
    const stream = this.#streams.get(id)
    if (stream === undefined) return []
    const actions: BlockDownloadAction[] = []
    stream.consumed(count)
    this.#deliver(stream, actions)
    return this.#fill(now, actions)
  }

  want(hash: BlockHash, now: Instant): BlockDownloadAction[] {
    this.#singles.add(bytesToHex(hash), hash)
    return this.#fill(now, [])
  }

  unwant(hash: BlockHash): void {
    this.#singles.delete(bytesToHex(hash))
  }

  isUnavailable(hash: BlockHash): boolean {
    const key = bytesToHex(hash)
    const height = this.#chain.heightOf(hash)
    // With nobody there at all it may be anywhere.
    if (this.#requests.peers.size === 0) return false
    if (height === undefined || this.#requests.get(key) !== undefined) return false
    return ![...this.#requests.peers.values()].some((peer) => this.#mayHave(peer, key, hash, height))
  }

  /** Says of which streams the next block is nowhere to be had. */
  #tellStarving(now: Instant, actions: BlockDownloadAction[]): void {
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
      actions.push({ type: 'stream-unavailable', hash })
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

  #handOn(block: DeliveredBlock, key: string, actions: BlockDownloadAction[]): void {
    if (this.#singles.delete(key)) actions.push({ type: 'single', block })
    if (!this.#chain.isActive(block.hash)) return
    for (const stream of this.#streams.values()) {
      if (!stream.wants(block.height)) continue
      stream.hold(block)
      this.#deliver(stream, actions)
    }
  }

  #deliver(stream: BlockStream, actions: BlockDownloadAction[]): void {
    for (let block = stream.take(); block !== undefined; block = stream.take()) {
      actions.push({ type: 'deliver', stream: stream.id, block })
    }
    if (!stream.ended) return
    this.#streams.delete(stream.id)
    actions.push({ type: 'stream-end', stream: stream.id })
  }

  #followTip(change: TipChange, actions: BlockDownloadAction[]): void {
    for (const peer of this.#requests.peers.values()) {
      if (peer.best !== undefined) peer.commonHeight = this.#chain.forkPoint(peer.best)?.height ?? -1
    }
    if (change.disconnected.length === 0) return
    this.#compact.retain((hash) => this.#chain.isActive(hash))
    for (const stream of this.#streams.values()) {
      const delivered = stream.rewind(change.fork.height)
      const disconnected = change.disconnected.filter(({ height }) => height <= delivered)
      if (disconnected.length > 0) {
        actions.push({ type: 'rewind', stream: stream.id, change: { ...change, disconnected } })
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
    // A peer that lacks a block lacks what builds on it, as far as we care; also where others are still asked for it, or it
    // would be asked to help them again, and again.
    const { hash, height } = request
    if (peer !== undefined && peer.commonHeight >= height && this.#chain.isActive(hash))
      peer.commonHeight = height - 1
    if (isLeft) this.#askAgain(height)
  }

  #askAgain(height: number): void {
    for (const stream of this.#streams.values()) stream.retry(height)
  }

  /** Asks for whatever may be asked for, of every peer that has room. */
  #fill(now: Instant, actions: BlockDownloadAction[]): BlockDownloadAction[] {
    const owing = this.#requests.owing
    for (const peer of this.#requests.byPreference) {
      if (peer.facts.serves === 'none') continue
      const inventory: InventoryVector[] = []
      if (!this.#hasRoom(peer)) continue
      for (const single of this.#singles.pendingFor(peer.id)) {
        if (!this.#hasRoom(peer)) break
        const height = this.#chain.heightOf(single.hash)
        if (height === undefined || this.#requests.get(single.key) !== undefined) continue
        if (
          !this.#mayHave(peer, single.key, single.hash, height) ||
          isLeftToOthers(peer, height, this.#requests.byPreference, this.#chain) ||
          this.#compact.holdsOff(peer.id, single.key, now)
        )
          continue
        this.#ask(peer, single.key, single.hash, height, inventory, now)
      }
      let waitsFor: PeerId | undefined
      for (const stream of this.#streams.values()) {
        if (!this.#hasRoom(peer)) break
        waitsFor ??= this.#askForStream(stream, peer, inventory, now)
      }
      if (inventory.length === 0) this.#help(peer, owing, inventory, now)
      if (inventory.length > 0) actions.push(sendGetData(peer.id, inventory))
      else if (waitsFor !== undefined && waitsFor !== peer.id && this.#hasRoom(peer))
        this.#startStall(waitsFor, now)
    }
    for (const single of this.#singles.exhausted(this.#servingPeers())) {
      actions.push({ type: 'single-unavailable', hash: single })
    }
    return actions
  }

  /** @returns the peer that the stream's window waits for, where that is why nothing could be asked for. */
  #askForStream(
    stream: BlockStream,
    peer: DownloadPeer,
    inventory: InventoryVector[],
    now: Instant,
  ): PeerId | undefined {
    for (const height of stream.retries) {
      if (!this.#hasRoom(peer)) return undefined
      if (!this.#mayAskAt(peer, height, now) || !this.#mayBuffer(stream, height)) continue
      this.#askAt(peer, height, inventory, now)
      stream.unretry(height)
    }
    const last = Math.min(stream.to, this.#chain.tip().height)
    const end = Math.min(last, stream.next + this.#window - 1)
    while (this.#hasRoom(peer) && stream.cursor <= end && this.#mayAskAt(peer, stream.cursor, now)) {
      if (stream.holds(stream.cursor)) {
        stream.cursor++
        continue
      }
      if (!this.#mayBuffer(stream, stream.cursor)) return this.#holderOf(stream)
      this.#askAt(peer, stream.cursor++, inventory, now)
    }
    return this.#hasRoom(peer) && stream.cursor > end && end < last ? this.#holderOf(stream) : undefined
  }

  #mayAskAt(peer: DownloadPeer, height: number, now: Instant): boolean {
    if (!mayServe(peer, height, this.#chain)) return false
    if (isLeftToOthers(peer, height, this.#requests.byPreference, this.#chain)) return false
    const key = bytesToHex(this.#chain.hashAt(height)!)
    if (this.#compact.holdsOff(peer.id, key, now)) return false
    // It began with the block and did not bring it to an end: its turn comes when nobody else is there.
    return !(this.#compact.hasSent(peer.id, key) && this.#hasSubstitute(peer, key, height))
  }

  #hasSubstitute({ id, facts }: DownloadPeer, key: string, height: number): boolean {
    return [...this.#requests.peers.values()].some(
      (other) =>
        other.id !== id &&
        (other.facts.preferred || !facts.preferred) &&
        this.#hasRoom(other) &&
        mayServe(other, height, this.#chain) &&
        !this.#compact.hasSent(other.id, key),
    )
  }

  /**
   * A peer with nothing else to do is asked for what those owe that it has left far behind, and one that we dialled for what those owe
   * who dialled us and have never sent a block: no window, no end of a range and no tip waits for somebody who claims blocks and
   * sends none.
   */
  #help(
    peer: DownloadPeer,
    owing: readonly DownloadPeer[],
    inventory: InventoryVector[],
    now: Instant,
  ): void {
    for (const other of owing) {
      if (other === peer || !this.#requests.goesBefore(peer, other)) continue
      for (const key of other.inFlight) {
        if (!this.#hasRoom(peer)) return
        const request = this.#requests.get(key)
        if (request === undefined || other.underCheck.has(key) || request.peers.has(peer.id)) continue
        // What lies beside the best chain is nobody's by its height: only who is asked for it by name may have it.
        if (!this.#chain.isActive(request.hash) && !this.#singles.has(key)) continue
        if (request.peers.size >= MAX_PEERS_PER_BLOCK) continue
        if (!mayServe(peer, request.height, this.#chain) || this.#singles.isRefusedBy(key, peer.id)) continue
        if ([...request.peers].some((id) => !this.#isOutdoneBy(peer, id))) continue
        this.#requests.markLate(other)
        this.#ask(peer, key, request.hash, request.height, inventory, now)
      }
    }
  }

  #isOutdoneBy(peer: DownloadPeer, id: PeerId): boolean {
    const other = this.#requests.peers.get(id)
    return other !== undefined && this.#requests.goesBefore(peer, other)
  }

  #askAt(peer: DownloadPeer, height: number, inventory: InventoryVector[], now: Instant): void {
    const hash = this.#chain.hashAt(height)!
    const key = bytesToHex(hash)
    if (this.#requests.get(key) === undefined) this.#ask(peer, key, hash, height, inventory, now)
  }

  #ask(
    peer: DownloadPeer,
    key: string,
    hash: BlockHash,
    height: number,
    inventory: InventoryVector[],
    now: Instant,
  ): void {
    const compact =
      this.#usesCompact &&
      this.#isNewTip(height, now) &&
      this.#compact.supports(peer.id) &&
      !this.#compact.hasSent(peer.id, key)
    this.#requests.ask(peer, key, hash, height, now)
    inventory.push({ type: compact ? InventoryType.COMPACT_BLOCK : InventoryType.WITNESS_BLOCK, hash })
  }

  /** A block whose transactions we may have heard of: the tip, fresh, with nothing else on its way. */
  #isNewTip(height: number, now: Instant): boolean {
    const tip = this.#chain.tip()
    return height === tip.height && this.#requests.size === 0 && isRecent(tip, this.#wallTime(now))
  }

  /** The block that is next in order always may: only it makes room. */
  #mayBuffer(stream: BlockStream, height: number): boolean {
    if (height === stream.next) return true
    return stream.bytes + (this.#requests.size + 1) * this.#sizes.expected < this.#bufferBytes
  }

  /** The only peer that was asked for the stream's next block. */
  #holderOf(stream: BlockStream): PeerId | undefined {
    if (!stream.awaits(stream.next)) return undefined
    const hash = this.#chain.hashAt(stream.next)
    const request = hash === undefined ? undefined : this.#requests.get(bytesToHex(hash))
    if (request === undefined || request.peers.size > 1) return undefined
    const [holder] = request.peers
    // What is here already is not waited for.
    if (holder !== undefined && this.#requests.peers.get(holder)?.underCheck.has(request.key) === true)
      return undefined
    return holder
  }

  #startStall(holder: PeerId, now: Instant): void {
    const peer = this.#requests.peers.get(holder)
    if (peer !== undefined) peer.stallingSince ??= now
  }

  #judge(peer: DownloadPeer, now: Instant, actions: BlockDownloadAction[]): void {
    if (owesNothing(peer)) return
    const silence = now - peer.downloadingSince
    // Never more than that, or those who are let go for nothing but their silence would make us wait for the next.
    if (silence >= STALL_TIMEOUT_DEFAULT_MS) this.#askOthersToo(peer, now, actions)
    const stalls = peer.stallingSince !== undefined && now - peer.stallingSince >= this.#patience.milliseconds
    if (stalls) {
      peer.stallingSince = undefined
      this.#patience.onStall()
    }
    const isTooLate = peer.late && silence >= LATE_PEER_TIMEOUT_MS
    if (peer.facts.protected) {
      // It stays, and there may be nobody else to ask one day.
      if (isTooLate) this.#requests.forgive(peer, now)
    } else if (stalls || isTooLate) {
      actions.push({ type: 'disconnect', peer: peer.id, reason: 'block-stalling' })
    } else if (silence >= blockTimeout(peer, this.#requests.peers, this.#chain.network)) {
      actions.push({ type: 'disconnect', peer: peer.id, reason: 'block-timeout' })
    }
  }

  /**
   * What a silent peer was asked for is asked of one more, where that one has nothing better to do. So at the tip or at the end of
   * a range, where no window fills up, one slow peer costs seconds and not its whole timeout.
   */
  #askOthersToo(silent: DownloadPeer, now: Instant, actions: BlockDownloadAction[]): void {
    const free = this.#requests.byPreference.filter((peer) => peer !== silent && this.#hasRoom(peer))
    const inventories = new Map<DownloadPeer, InventoryVector[]>()
    for (const key of silent.inFlight) {
      const request = this.#requests.get(key)
      if (request === undefined || request.peers.size >= MAX_PEERS_PER_BLOCK) continue
      if (silent.underCheck.has(key) || [...request.peers].some((id) => !this.#isSilent(id, now))) continue
      const other = free.find(
        (peer) =>
          this.#hasRoom(peer) &&
          !request.peers.has(peer.id) &&
          this.#mayHave(peer, key, request.hash, request.height),
      )
      if (other === undefined) continue
      this.#requests.markLate(silent)
      const inventory = inventories.get(other) ?? []
      inventories.set(other, inventory)
      this.#ask(other, key, request.hash, request.height, inventory, now)
    }
    for (const [{ id }, inventory] of inventories) actions.push(sendGetData(id, inventory))
  }

  /**
   * Whether a peer may be asked for a block that it has not refused. Of one beside the best chain nobody's own best block tells who
   * has it (Core is silent where it has not).
   */
  #mayHave(peer: DownloadPeer, key: string, hash: BlockHash, height: number): boolean {
    if (this.#singles.isRefusedBy(key, peer.id)) return false
    return this.#chain.isActive(hash) ? mayServe(peer, height, this.#chain) : peer.facts.serves !== 'none'
  }

  #isSilent(id: PeerId, now: Instant): boolean {
    const peer = this.#requests.peers.get(id)
    return peer === undefined || now - peer.downloadingSince >= STALL_TIMEOUT_DEFAULT_MS
  }

  #hasRoom(peer: DownloadPeer): boolean {
    return !peer.late && peer.inFlight.size + this.#compact.underWay(peer.id) < this.#inFlightPerPeer
  }

  #servingPeers(): PeerId[] {
    return [...this.#requests.peers.values()]
      .filter((peer) => peer.facts.serves !== 'none')
      .map((peer) => peer.id)
  }
}
