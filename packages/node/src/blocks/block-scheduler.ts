import { type BlockHash, bytesToHex, InventoryType, type InventoryVector } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant, WallTime } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { Outbox } from '../chain/outbox.ts'
import type { BlockDownloadAction } from './block-download-action.ts'
import { type BlockRequests, type DownloadPeer, mayEverHelp, owesNothing } from './block-requests.ts'
import type { BlockSizeEstimate } from './block-size-estimate.ts'
import type { BlockStream } from './block-stream.ts'
import { type CompactBlocks, isRecent } from './compact-blocks.ts'
import {
  blockTimeout,
  isLeftToChosen,
  isLeftToOthers,
  LATE_PEER_TIMEOUT,
  mayServe,
  sendGetData,
} from './download-peers.ts'
import type { SingleBlocks } from './single-blocks.ts'
import { STALL_TIMEOUT_DEFAULT, type StallTimeout } from './stall-timeout.ts'

/** Peers that one block is asked of at the same time because others have sent nothing meanwhile. */
const MAX_PEERS_PER_BLOCK = 8
/**
 * Milliseconds between two looks at those who dialled us, and at a peer for which nothing was left, while
 * peers of our own choice send one block after the other: however many there are, whatever of theirs nobody
 * else has, and whoever claims all blocks and sends none, a block costs no more for it.
 */
const LOOK_PAUSE = 10
/** Milliseconds after a block that a peer was asked for in which it is at work: the next is to come. */
const NEXT_WITHIN = 100
/** A peer at work is asked for a quarter of what may be under way at once: four of Core's 16. */
const REQUESTS_UNDER_WAY = 4

export interface BlockSchedulerOptions {
  readonly window: number
  readonly bufferBytes: number
  readonly inFlightPerPeer: number
}

/** What the block download knows. */
export interface BlockSchedulerComponents {
  readonly chain: HeaderChain
  readonly requests: BlockRequests
  readonly streams: Iterable<BlockStream>
  readonly singles: SingleBlocks
  readonly stallTimeout: StallTimeout
  readonly sizes: BlockSizeEstimate
  readonly compact: CompactBlocks
  /** Compact blocks are asked for at the tip. */
  readonly usesCompact: boolean
  readonly wallTime: (at: Instant) => WallTime
  readonly out: Outbox<BlockDownloadAction>
}

/** Why peers are asked for more. */
interface FillOptions {
  /** A peer of our own choice sent one block of many, or the program took one: the next comes soon. */
  readonly isRoutine: boolean
}

/** Which block is asked of whom next, and for how long each peer is waited for. */
export class BlockScheduler {
  readonly #window: number
  readonly #bufferBytes: number
  readonly #inFlightPerPeer: number
  readonly #chain: HeaderChain
  readonly #requests: BlockRequests
  readonly #streams: Iterable<BlockStream>
  readonly #singles: SingleBlocks
  readonly #stallTimeout: StallTimeout
  readonly #sizes: BlockSizeEstimate
  readonly #compact: CompactBlocks
  readonly #usesCompact: boolean
  readonly #wallTime: (at: Instant) => WallTime
  readonly #out: Outbox<BlockDownloadAction>
  /** When those who dialled us were last looked at. */
  #strangersAt = Number.NEGATIVE_INFINITY

  constructor(options: BlockSchedulerOptions, components: BlockSchedulerComponents) {
    this.#window = options.window
    this.#bufferBytes = options.bufferBytes
    this.#inFlightPerPeer = options.inFlightPerPeer
    this.#chain = components.chain
    this.#requests = components.requests
    this.#streams = components.streams
    this.#singles = components.singles
    this.#stallTimeout = components.stallTimeout
    this.#sizes = components.sizes
    this.#compact = components.compact
    this.#usesCompact = components.usesCompact
    this.#wallTime = components.wallTime
    this.#out = components.out
  }

  /** Asks for whatever may be asked for, of every peer that has room. */
  fill({ isRoutine }: FillOptions = { isRoutine: false }): void {
    let areOthersIdle: boolean | undefined
    let isChosenAtWork = false
    const { now } = this.#out
    const mayPassOver = isRoutine && now - this.#strangersAt < LOOK_PAUSE
    const isSomebodyAtWork = isRoutine && this.#requests.byPreference.some((peer) => this.#isAtWork(peer))
    for (const peer of this.#requests.byPreference) {
      if (!peer.facts.preferred) {
        if (mayPassOver && isChosenAtWork) return
        this.#strangersAt = now
      }
      if (peer.facts.serves === 'none') continue
      if (isSomebodyAtWork && now - peer.idleAt < LOOK_PAUSE) continue
      // However many dialled us: this is looked at once for all of them.
      const isLeft = !mayEverHelp(peer) && (areOthersIdle ??= this.#isLeftToChosen(peer))
      if (!isLeft && this.hasRoom(peer)) this.#fillOne(peer)
      isChosenAtWork ||= peer.inFlight.size > 0
    }
    if (this.#singles.size === 0) return
    for (const single of this.#singles.exhausted(this.#servingPeers())) {
      this.#out.push({ type: 'single-unavailable', hash: single })
    }
  }

  #fillOne(peer: DownloadPeer): void {
    const inventory: InventoryVector[] = []
    for (const single of this.#singles.pendingFor(peer.id)) {
      if (!this.hasRoom(peer)) break
      const height = this.#chain.heightOf(single.hash)
      if (height === undefined || this.#requests.get(single.key) !== undefined) continue
      if (
        !this.mayHave(peer, single.key, single.hash, height) ||
        isLeftToChosen(peer, this.#requests.byPreference, (other) =>
          this.mayHave(other, single.key, single.hash, height),
        ) ||
        this.#compact.holdsOff(peer.id, single.key, this.#out.now)
      )
        continue
      this.#ask(peer, single.key, single.hash, height, inventory)
    }
    if (inventory.length === 0 && !this.#isWorthAMessage(peer)) return
    let waitsFor: PeerId | undefined
    for (const stream of this.#streams) {
      if (!this.hasRoom(peer)) break
      waitsFor ??= this.#askForStream(stream, peer, inventory)
    }
    if (inventory.length === 0) this.#help(peer, inventory)
    const isIdle = inventory.length === 0 && !this.#isAtWork(peer)
    peer.idleAt = isIdle ? this.#out.now : Number.NEGATIVE_INFINITY
    if (inventory.length > 0) this.#out.push(sendGetData(peer.id, inventory))
    else if (waitsFor !== undefined && waitsFor !== peer.id && this.hasRoom(peer)) this.#startStall(waitsFor)
  }

  /** Whether there is nothing that a peer that dialled us would be asked for: the chosen ones do it all. */
  #isLeftToChosen(stranger: DownloadPeer): boolean {
    if (this.#singles.size > 0) return false
    const tip = this.#chain.tip().height
    for (const stream of this.#streams) {
      if (stream.retries.length > 0) return false
      if (stream.cursor > Math.min(stream.to, tip)) continue
      // A window at its end waits for somebody, which whoever has room shows.
      if (stream.cursor >= stream.next + this.#window) return false
      if (!isLeftToOthers(stranger, stream.cursor, this.#requests.byPreference, this.#chain)) return false
    }
    return true
  }

  /** @returns the peer that the stream's window waits for, where that is why nothing could be asked for. */
  #askForStream(stream: BlockStream, peer: DownloadPeer, inventory: InventoryVector[]): PeerId | undefined {
    for (const height of stream.retries) {
      if (!this.hasRoom(peer)) return undefined
      if (!this.#mayAskAt(peer, height) || !this.#mayBuffer(stream, height)) continue
      this.#askAt(peer, height, inventory)
      stream.unretry(height)
    }
    const last = Math.min(stream.to, this.#chain.tip().height)
    const end = Math.min(last, stream.next + this.#window - 1)
    while (this.hasRoom(peer) && stream.cursor <= end && this.#mayAskAt(peer, stream.cursor)) {
      if (stream.holds(stream.cursor)) {
        stream.cursor++
        continue
      }
      if (!this.#mayBuffer(stream, stream.cursor)) return this.#holderOf(stream)
      this.#askAt(peer, stream.cursor++, inventory)
    }
    return this.hasRoom(peer) && stream.cursor > end && end < last ? this.#holderOf(stream) : undefined
  }

  #mayAskAt(peer: DownloadPeer, height: number): boolean {
    if (!mayServe(peer, height, this.#chain)) return false
    if (isLeftToOthers(peer, height, this.#requests.byPreference, this.#chain)) return false
    const key = bytesToHex(this.#chain.hashAt(height)!)
    if (this.#compact.holdsOff(peer.id, key, this.#out.now)) return false
    // It began with the block and did not bring it to an end: its turn comes when nobody else is there.
    return !(this.#compact.hasSent(peer.id, key) && this.#hasSubstitute(peer, key, height))
  }

  #hasSubstitute({ id, facts }: DownloadPeer, key: string, height: number): boolean {
    return [...this.#requests.peers.values()].some(
      (other) =>
        other.id !== id &&
        (other.facts.preferred || !facts.preferred) &&
        this.hasRoom(other) &&
        mayServe(other, height, this.#chain) &&
        !this.#compact.hasSent(other.id, key),
    )
  }

  /**
   * A peer with nothing else to do is asked for what those owe that it has left far behind, and one that we
   * dialled for what those owe who dialled us and have never sent a block: no window, no end of a range and
   * no tip waits for somebody who claims blocks and sends none.
   */
  #help(peer: DownloadPeer, inventory: InventoryVector[]): void {
    for (const other of this.#requests.owing) {
      if (other === peer || !this.#requests.goesBefore(peer, other)) continue
      for (const key of other.inFlight) {
        if (!this.hasRoom(peer)) return
        const request = this.#requests.get(key)
        if (request === undefined || other.underCheck.has(key) || request.peers.has(peer.id)) continue
        // What lies beside the best chain is nobody's by its height:
        // only who is asked for it by name may have it.
        if (!this.#chain.isActive(request.hash) && !this.#singles.has(key)) continue
        if (request.peers.size >= MAX_PEERS_PER_BLOCK) continue
        if (!mayServe(peer, request.height, this.#chain) || this.#singles.isRefusedBy(key, peer.id)) continue
        if ([...request.peers].some((id) => !this.#isOutdoneBy(peer, id))) continue
        this.#requests.markLate(other)
        this.#ask(peer, key, request.hash, request.height, inventory)
      }
    }
  }

  #isOutdoneBy(peer: DownloadPeer, id: PeerId): boolean {
    const other = this.#requests.peers.get(id)
    return other !== undefined && this.#requests.goesBefore(peer, other)
  }

  #askAt(peer: DownloadPeer, height: number, inventory: InventoryVector[]): void {
    const hash = this.#chain.hashAt(height)!
    const key = bytesToHex(hash)
    if (this.#requests.get(key) === undefined) this.#ask(peer, key, hash, height, inventory)
  }

  #ask(peer: DownloadPeer, key: string, hash: BlockHash, height: number, inventory: InventoryVector[]): void {
    const compact =
      this.#usesCompact &&
      this.#isNewTip(height) &&
      this.#compact.supports(peer.id) &&
      !this.#compact.hasSent(peer.id, key)
    this.#requests.ask(peer, key, hash, height, this.#out.now)
    inventory.push({ type: compact ? InventoryType.COMPACT_BLOCK : InventoryType.WITNESS_BLOCK, hash })
  }

  /** A block whose transactions we may have heard of: the tip, fresh, with nothing else on its way. */
  #isNewTip(height: number): boolean {
    const tip = this.#chain.tip()
    return height === tip.height && this.#requests.size === 0 && isRecent(tip, this.#wallTime(this.#out.now))
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

  #startStall(holder: PeerId): void {
    const peer = this.#requests.peers.get(holder)
    if (peer !== undefined) peer.stallingSince ??= this.#out.now
  }

  /** Lets those go that are waited for too long; before that, others are asked too. */
  judgeAll(): void {
    for (const peer of this.#requests.peers.values()) this.#judge(peer)
  }

  #judge(peer: DownloadPeer): void {
    if (owesNothing(peer)) return
    const silence = this.#out.now - peer.downloadingSince
    // Never more than that, or those who are let go for nothing but their silence
    // would make us wait for the next.
    if (silence >= STALL_TIMEOUT_DEFAULT) this.#askOthersToo(peer)
    const stalls =
      peer.stallingSince !== undefined &&
      this.#out.now - peer.stallingSince >= this.#stallTimeout.milliseconds
    if (stalls) {
      peer.stallingSince = undefined
      this.#stallTimeout.onStall()
    }
    const isTooLate = peer.late && silence >= LATE_PEER_TIMEOUT
    if (peer.facts.protected) {
      // It stays, and there may be nobody else to ask one day.
      if (isTooLate) this.#requests.forgive(peer, this.#out.now)
    } else if (stalls || isTooLate) {
      this.#out.push({ type: 'disconnect', peer: peer.id, reason: 'block-stalling' })
    } else if (silence >= blockTimeout(peer, this.#requests.peers, this.#chain.network)) {
      this.#out.push({ type: 'disconnect', peer: peer.id, reason: 'block-timeout' })
    }
  }

  /**
   * What a silent peer was asked for is asked of one more, where that one has nothing better to do. So at the
   * tip or at the end of a range, where no window fills up, one slow peer costs seconds and not its whole
   * timeout.
   */
  #askOthersToo(silent: DownloadPeer): void {
    const free = this.#requests.byPreference.filter((peer) => peer !== silent && this.hasRoom(peer))
    const inventories = new Map<DownloadPeer, InventoryVector[]>()
    for (const key of silent.inFlight) {
      const request = this.#requests.get(key)
      if (request === undefined || request.peers.size >= MAX_PEERS_PER_BLOCK) continue
      if (silent.underCheck.has(key) || [...request.peers].some((id) => !this.#isSilent(id))) continue
      const other = free.find(
        (peer) =>
          this.hasRoom(peer) &&
          !request.peers.has(peer.id) &&
          this.mayHave(peer, key, request.hash, request.height),
      )
      if (other === undefined) continue
      this.#requests.markLate(silent)
      const inventory = inventories.get(other) ?? []
      inventories.set(other, inventory)
      this.#ask(other, key, request.hash, request.height, inventory)
    }
    for (const [{ id }, inventory] of inventories) this.#out.push(sendGetData(id, inventory))
  }

  /**
   * Whether a peer may be asked for a block that it has not refused. Of one beside the best chain nobody's
   * own best block tells who has it (Core is silent where it has not).
   */
  mayHave(peer: DownloadPeer, key: string, hash: BlockHash, height: number): boolean {
    if (this.#singles.isRefusedBy(key, peer.id)) return false
    return this.#chain.isActive(hash) ? mayServe(peer, height, this.#chain) : peer.facts.serves !== 'none'
  }

  #isSilent(id: PeerId): boolean {
    const peer = this.#requests.peers.get(id)
    return peer === undefined || this.#out.now - peer.downloadingSince >= STALL_TIMEOUT_DEFAULT
  }

  /**
   * Whether a peer that is at work has room for several blocks more: asked for one by one, small blocks cost
   * more in messages than in anything else.
   */
  #isWorthAMessage({ inFlight }: DownloadPeer): boolean {
    const blocks = Math.max(1, Math.floor(this.#inFlightPerPeer / REQUESTS_UNDER_WAY))
    return inFlight.size + blocks <= this.#inFlightPerPeer
  }

  /** Whether a peer of our own choice sends one block after the other: all are looked at with the next. */
  #isAtWork({ facts, inFlight, downloadingSince }: DownloadPeer): boolean {
    return facts.preferred && inFlight.size > 0 && this.#out.now - downloadingSince < NEXT_WITHIN
  }

  /** Whether the peer may be asked for one more. */
  hasRoom(peer: DownloadPeer): boolean {
    return !peer.late && peer.inFlight.size + this.#compact.underWay(peer.id) < this.#inFlightPerPeer
  }

  #servingPeers(): PeerId[] {
    return [...this.#requests.peers.values()]
      .filter((peer) => peer.facts.serves !== 'none')
      .map((peer) => peer.id)
  }
}
