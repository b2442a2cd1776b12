import {
  type Block,
  type BlockHash,
  blockHash,
  blockSize,
  bytesToHex,
  type CompactBlock,
  MAX_BLOCKS_IN_TRANSIT_PER_PEER,
  MAX_NOTFOUND_SIZE,
  type Transaction,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { type Instant, MINUTE, type WallTime } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { Outbox } from '../chain/outbox.ts'
import { type BlockFault, checkBlock } from './block-check.ts'
import type {
  BlockDownloadAction,
  BlockPeer,
  BlockToCheck,
  DownloadedBlock,
  StreamId,
} from './block-download-action.ts'
import {
  BLOCK_DOWNLOAD_WINDOW,
  type BlockDownloadComponents,
  type BlockDownloadOptions,
  DEFAULT_BUFFER_BYTES,
} from './block-download-options.ts'
import { BlockRequests, type DownloadPeer } from './block-requests.ts'
import { BlockScheduler } from './block-scheduler.ts'
import { BlockSizeEstimate } from './block-size-estimate.ts'
import { CompactBlocks, isRecent } from './compact-blocks.ts'
import { CompactDownload } from './compact-download.ts'
import { OpenStreams } from './open-streams.ts'
import { SingleBlocks } from './single-blocks.ts'
import { StallTimeout } from './stall-timeout.ts'

/**
 * Milliseconds after which a peer that had not got a block is asked for it again: some tell of blocks that
 * they have yet to fetch, or to check. Doubled each time that it still lacks it.
 */
const LACK_PAUSE = 10_000
const LONGEST_LACK_PAUSE: number = 10 * MINUTE

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
  readonly #singles = new SingleBlocks()
  readonly #stallTimeout = new StallTimeout()
  readonly #out = new Outbox<BlockDownloadAction>()
  readonly #streams: OpenStreams
  readonly #scheduler: BlockScheduler
  readonly #sizes = new BlockSizeEstimate()
  readonly #compact: CompactBlocks
  readonly #compactDownload: CompactDownload
  readonly #usesCompact: boolean
  readonly #checksElsewhere: boolean
  readonly #wallTime: (at: Instant) => WallTime

  constructor(
    options: BlockDownloadOptions,
    { chain, transactions, wallTime, checksElsewhere = false }: BlockDownloadComponents,
  ) {
    this.#chain = chain
    this.#wallTime = wallTime
    this.#checksElsewhere = checksElsewhere
    this.#streams = new OpenStreams({ chain, out: this.#out })
    this.#compact = new CompactBlocks(transactions ?? (() => []))
    this.#usesCompact = transactions !== undefined
    const parts = {
      chain,
      requests: this.#requests,
      streams: this.#streams,
      compact: this.#compact,
      wallTime,
      out: this.#out,
    }
    this.#scheduler = new BlockScheduler(
      {
        window: options.window ?? BLOCK_DOWNLOAD_WINDOW,
        bufferBytes: options.bufferBytes ?? DEFAULT_BUFFER_BYTES,
        inFlightPerPeer: options.inFlightPerPeer ?? MAX_BLOCKS_IN_TRANSIT_PER_PEER,
      },
      {
        ...parts,
        singles: this.#singles,
        stallTimeout: this.#stallTimeout,
        sizes: this.#sizes,
        usesCompact: this.#usesCompact,
      },
    )
    this.#compactDownload = new CompactDownload({
      ...parts,
      scheduler: this.#scheduler,
      // Without a pool none is asked for, and none that comes unasked is taken.
      mayComeUnasked: this.#usesCompact,
      blocks: {
        isWanted: (key, hash) => this.#isWanted(key, hash),
        take: (id, block) => this.#take({ id, block, viaCompact: true }),
        refuse: (id, key) => this.#refuse(id, key),
      },
    })
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
      for (const { height } of this.#requests.removePeer(id)) this.#streams.retry(height)
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
      this.#measure(peer)
    })
  }

  /** The best chain moved (from the header sync's `tip-changed`). */
  onTipChange(change: TipChange, now: Instant): BlockDownloadAction[] {
    return this.#then(now, () => this.#followTip(change))
  }

  /** A `block` message, asked for or not. */
  onBlock(id: PeerId, block: Block, now: Instant): BlockDownloadAction[] {
    const hash = blockHash(block.header)
    const key = bytesToHex(hash)
    if (this.#isOfNoUse(id, key, hash)) return []
    this.#requests.progress(id, key, now)
    const elsewhere = this.#checksElsewhere ? this.#checkElsewhere(id, block) : undefined
    const take = (): void => this.#take({ id, block, viaCompact: false })
    return elsewhere ?? this.#then(now, take, { isRoutine: this.#isChosen(id) })
  }

  /** What was found of a block that a `check` action gave out; undefined: nothing wrong. */
  onChecked(
    { peer, block }: BlockToCheck,
    fault: BlockFault | undefined,
    now: Instant,
  ): BlockDownloadAction[] {
    this.#requests.peers.get(peer)?.underCheck.delete(bytesToHex(blockHash(block.header)))
    const arrived: ArrivedBlock = { id: peer, block, viaCompact: false, checked: { fault } }
    return this.#then(now, () => this.#take(arrived), { isRoutine: this.#isChosen(peer) })
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
    this.#compactDownload.expect(id, hash, now)
  }

  /** A `cmpctblock`, asked for or expected, whose header the chain has accepted. */
  onCompactBlock(id: PeerId, compactBlock: CompactBlock, now: Instant): BlockDownloadAction[] {
    return this.#out.handle(now, () => this.#compactDownload.onCompactBlock(id, compactBlock))
  }

  /** A `blocktxn`. */
  onBlockTransactions(
    id: PeerId,
    hash: BlockHash,
    transactions: readonly Transaction[],
    now: Instant,
  ): BlockDownloadAction[] {
    return this.#out.handle(now, () => this.#compactDownload.onTransactions(id, hash, transactions))
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
      this.#stallTimeout.onProgress()
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
      this.#compactDownload.askForWhole(id, key, hash)
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
    this.#out.push({ type: 'block-invalid', hash, rule: fault.rule, ...(change !== undefined && { change }) })
    if (change !== undefined) this.#followTip(change)
  }

  /** Block hashes of a `notfound`. */
  onNotFound(id: PeerId, hashes: readonly BlockHash[], now: Instant): BlockDownloadAction[] {
    const peer = this.#requests.peers.get(id)
    if (peer === undefined || peer.inFlight.size === 0 || hashes.length > MAX_NOTFOUND_SIZE) return []
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
      this.#askAgain()
      this.#scheduler.judgeAll()
      this.#streams.tellStarving((hash) => this.isUnavailable(hash))
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
    const stream = this.#streams.open(range)
    return { stream, actions: this.#then(now, () => undefined) }
  }

  closeStream(stream: StreamId): void {
    this.#streams.close(stream)
  }

  /** The program took `count` blocks of those delivered to the stream: there is room for more. */
  consumed(id: StreamId, count: number, now: Instant): BlockDownloadAction[] {
    if (!this.#streams.has(id)) return []
    return this.#then(now, () => this.#streams.consumed(id, count), { isRoutine: true })
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
    if (height === undefined) return false
    const mayAnswer = (peer: DownloadPeer | undefined): boolean =>
      peer !== undefined && (peer.lack === undefined || height < peer.lack.from)
    const asked = [...(this.#requests.get(key)?.peers ?? [])]
    if (asked.some((id) => mayAnswer(this.#requests.peers.get(id)))) return false
    return ![...this.#requests.peers.values()].some(
      (peer) => mayAnswer(peer) && this.#scheduler.mayHave(peer, key, hash, height),
    )
  }

  /** Handles one event; what may be asked for after it is asked for. */
  #then(now: Instant, event: () => void, { isRoutine } = { isRoutine: false }): BlockDownloadAction[] {
    return this.#out.handle(now, () => {
      event()
      this.#scheduler.fill({ isRoutine })
    })
  }

  #isChosen(id: PeerId): boolean {
    return this.#requests.peers.get(id)?.facts.preferred === true
  }

  #isWanted(key: string, hash: BlockHash): boolean {
    if (this.#isWaitedFor(hash)) return true
    // Asked for by a stream that is closed, or before a reorg.
    this.#requests.finish(key)
    return false
  }

  /** Nobody was asked for it or waits for it: 105 bytes, which must not have all peers looked through. */
  #isOfNoUse(id: PeerId, key: string, hash: BlockHash): boolean {
    if (this.#requests.get(key) !== undefined || this.#requests.peers.get(id)?.owed.has(key) === true)
      return false
    return !this.#isWaitedFor(hash)
  }

  #isWaitedFor(hash: BlockHash): boolean {
    const height = this.#chain.heightOf(hash)
    if (height === undefined) return false
    if (this.#singles.has(bytesToHex(hash))) return true
    return this.#chain.isActive(hash) && this.#streams.want(height)
  }

  #handOn(block: DownloadedBlock, key: string): void {
    if (this.#singles.delete(key)) this.#out.push({ type: 'single', block })
    if (this.#chain.isActive(block.hash)) this.#streams.hold(block)
  }

  #followTip(change: TipChange): void {
    for (const peer of this.#requests.peers.values()) if (peer.best !== undefined) this.#measure(peer)
    if (change.disconnected.length === 0) return
    this.#compact.retain((hash) => this.#chain.isActive(hash))
    this.#streams.rewind(change)
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
      this.#lacks(peer, height)
    if (isLeft) this.#streams.retry(height)
  }

  /** How far the peer has the blocks of the best chain, by what it has told of: also what it has not got. */
  #measure(peer: DownloadPeer): void {
    peer.commonHeight = (peer.best && this.#chain.forkPoint(peer.best)?.height) ?? -1
    if (peer.lack !== undefined) peer.lack.askAt = undefined
  }

  #lacks(peer: DownloadPeer, height: number): void {
    const { lack } = peer
    peer.commonHeight = height - 1
    if (lack?.askAt !== undefined) {
      lack.from = Math.min(lack.from, height)
      return
    }
    const pause = lack === undefined ? LACK_PAUSE : Math.min(2 * lack.pause, LONGEST_LACK_PAUSE)
    peer.lack = { from: height, pause, askAt: this.#out.now + pause }
  }

  /** Whoever told of a block before having it need not tell of it again when it has. */
  #askAgain(): void {
    for (const peer of this.#requests.peers.values()) {
      const askAt = peer.lack?.askAt
      if (askAt !== undefined && this.#out.now >= askAt) this.#measure(peer)
    }
  }
}
