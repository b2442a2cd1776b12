import type { BlockHash, BlockHeader, Message } from '@sapwood/wire-codec'
import type { Instant, Random, WallTime } from '@sapwood/transport-v1v2/environment'
import { ChainSyncGuard } from './chain-sync-guard.ts'
import { MAX_HEADERS_RESULTS } from './header-chain.ts'
import type { ChainEntry, HeaderChain, HeaderError } from './header-chain-types.ts'
import type { HeaderPeer, HeaderSync, HeaderSyncAction } from './header-sync-types.ts'
import { MAX_FUTURE_BLOCK_TIME } from './header-rules.ts'
import { hashHeader } from './header-scratch.ts'
import { MAX_LOCATOR_SIZE } from './locator.ts'
import { type LowWorkStep, LowWorkSync } from './low-work-sync.ts'
import { headerAllowance } from './header-allowance.ts'
import { claimedWork, findBreak, type HeaderBatch, type HeaderBreak } from './header-batch.ts'
import type { PeerId, TokenBucket } from '@sapwood/peer'
import type { Misbehaviour } from './peer-action.ts'
import { targetOf } from './target-cache.ts'

/** Protocol version that a `getheaders` carries; nobody reads it. */
const GETHEADERS_VERSION = 70016
/** With a tip younger than this the first sync is over and every peer is asked (Core: 24 h). */
export const RECENT_TIP_AGE_MS: number = 24 * 60 * 60 * 1000
/** How long a sync peer has in all, without what the headers themselves need (Core: HEADERS_DOWNLOAD_TIMEOUT_BASE). */
export const HEADERS_TIMEOUT_BASE_MS: number = 15 * 60 * 1000
/** More time for each header that is expected (Core: HEADERS_DOWNLOAD_TIMEOUT_PER_HEADER). */
export const HEADERS_TIMEOUT_PER_HEADER_MS = 1
/** A `getheaders` not answered for this long counts as lost (Core: HEADERS_RESPONSE_TIME). */
export const HEADERS_RESPONSE_TIME_MS: number = 2 * 60 * 1000
/** A chain that forks off deeper than this many blocks of today's work is low-work (Core: near_chaintip_work). */
const NEAR_TIP_BLOCKS = 144n

export interface HeaderSyncOptions {
  /** Work that a chain must have before any of its headers is kept. Default: the network's own. */
  readonly minimumChainWork?: bigint
  /** How long a sync peer may leave a `getheaders` unanswered before another is asked. Default: 2 min. */
  readonly responseTimeoutMs?: number
}

export interface HeaderSyncComponents {
  readonly chain: HeaderChain
  readonly random: Random
  /** The time of day at an instant, which headers are judged by. */
  readonly wallTime: (at: Instant) => WallTime
}

interface PeerState {
  readonly id: PeerId
  readonly facts: HeaderPeer
  /** Asked for headers at least once. */
  started: boolean
  /** When the `getheaders` that is not answered yet left. */
  askedAt: Instant | undefined
  /** The block with the most work that the peer is known to have. */
  best: ChainEntry | undefined
  /** A hash it announced that we have no header for yet. */
  announcedUnknown: BlockHash | undefined
  /** Its chain has too little work so far: its headers are looked at, and not kept. */
  lowWork: LowWorkSync | undefined
  /** Its last answer brought us nothing: not chosen as the sync peer before then. */
  restsUntil: number
  /** By when it has to answer what it was asked as the sync peer. */
  deadline: number | undefined
  /** Most work of a full message that brought nothing new: one that shows no more is no progress. */
  shownAgain: bigint
  /** A low-work chain of it did not hold together: the next is not begun before then. */
  lowWorkAfter: number
  /** What of its headers is looked at for nothing. */
  readonly allowance: TokenBucket
}

/** Follows the headers of many peers into one chain. */
export function createHeaderSync(options: HeaderSyncOptions, components: HeaderSyncComponents): HeaderSync {
  return new ManyPeerHeaderSync(options, components)
}

class ManyPeerHeaderSync implements HeaderSync {
  readonly #chain: HeaderChain
  readonly #random: Random
  readonly #minimumChainWork: bigint
  readonly #responseTimeoutMs: number
  readonly #wallTime: (at: Instant) => WallTime
  readonly #peers = new Map<PeerId, PeerState>()
  readonly #guard = new ChainSyncGuard()
  #sync: PeerState | undefined
  #caughtUp = false

  constructor(options: HeaderSyncOptions, { chain, random, wallTime }: HeaderSyncComponents) {
    this.#chain = chain
    this.#random = random
    this.#minimumChainWork = options.minimumChainWork ?? chain.network.proofOfWork.minimumChainWork
    this.#wallTime = wallTime
    this.#responseTimeoutMs = options.responseTimeoutMs ?? HEADERS_RESPONSE_TIME_MS
  }

  get syncPeer(): PeerId | undefined {
    return this.#sync?.id
  }

  get caughtUp(): boolean {
    return this.#caughtUp
  }

  isExcused(id: PeerId): boolean {
    return this.#guard.isExcused(id)
  }

  bestOf(id: PeerId): ChainEntry | undefined {
    return this.#peers.get(id)?.best
  }

  addPeer(id: PeerId, facts: HeaderPeer, now: Instant): HeaderSyncAction[] {
    const actions: HeaderSyncAction[] = []
    const peer: PeerState = {
      id,
      facts,
      started: false,
      askedAt: undefined,
      best: undefined,
      announcedUnknown: undefined,
      lowWork: undefined,
      restsUntil: 0,
      deadline: undefined,
      shownAgain: 0n,
      lowWorkAfter: 0,
      allowance: headerAllowance(now),
    }
    this.#peers.set(id, peer)
    this.#guard.add(id, facts.chainSync)
    if (this.#askEveryone(now)) this.#start(peer, now, actions)
    else this.#chooseSyncPeer(now, actions)
    return actions
  }

  removePeer(id: PeerId, now: Instant): HeaderSyncAction[] {
    const actions: HeaderSyncAction[] = []
    this.#peers.delete(id)
    this.#guard.remove(id)
    if (this.#sync?.id === id) {
      this.#sync = undefined
      this.#chooseSyncPeer(now, actions)
    }
    return actions
  }

  onHeaders(id: PeerId, headers: readonly BlockHeader[], now: Instant): HeaderSyncAction[] {
    const actions: HeaderSyncAction[] = []
    const peer = this.#peers.get(id)
    if (peer === undefined) return actions
    if (headers.length > MAX_HEADERS_RESULTS) {
      this.#punish(peer, 'too-many-headers', `${headers.length} headers in one message`, now, actions)
      return actions
    }
    if (headers.length === 0) {
      peer.lowWork = undefined
      this.#answered(peer)
      this.#peerHasNoMore(peer, now, actions)
      return actions
    }
    const start = this.#chain.get(headers[0]!.previousBlockHash)
    const isUnheard = peer.lowWork === undefined && !this.#mayBringNews(start, headers)
    if (isUnheard && !peer.allowance.take(headers.length, now)) {
      this.#glance(peer, headers, now, actions)
      return actions
    }
    // Before anything else, whatever of it is known (Core: CheckHeadersPoW, CheckHeadersAreContinuous).
    const hashes = headers.map(hashHeader)
    const fault = findBreak(this.#chain.network, headers, hashes)
    if (fault !== undefined) {
      this.#punishBreak(peer, fault, now, actions)
      return actions
    }
    const batch: HeaderBatch = { headers, hashes }
    if (peer.lowWork !== undefined && this.#continueLowWork(peer, peer.lowWork, batch, now, actions))
      return actions
    if (start === undefined) this.#unconnecting(peer, batch, now, actions)
    else this.#connecting(peer, start, batch, now, actions)
    return actions
  }

  /** Whether headers are new, follow what we have, and claim work enough: told by one hash, and not by all of them. */
  #mayBringNews(start: ChainEntry | undefined, headers: readonly BlockHeader[]): boolean {
    if (start === undefined || this.#chain.heightOf(hashHeader(headers.at(-1)!)) !== undefined) return false
    return start.work + claimedWork(headers) >= this.#workThreshold()
  }

  /** Of headers that bring no news, and of which there were too many: the last, as if it alone had been announced. */
  #glance(peer: PeerState, headers: readonly BlockHeader[], now: Instant, actions: HeaderSyncAction[]): void {
    const last = hashHeader(headers.at(-1)!)
    const isKnown = this.#chain.heightOf(last) !== undefined
    this.#announced(peer, last, actions)
    if (isKnown && headers.length === MAX_HEADERS_RESULTS && this.#showsMore(peer, last)) {
      this.#answered(peer)
      this.#ask(peer, last, now, actions)
    } else {
      this.#replace(peer, now, actions)
    }
  }

  onBlockHeader(id: PeerId, header: BlockHeader, viaCompact: boolean, now: Instant): HeaderSyncAction[] {
    const actions: HeaderSyncAction[] = []
    const peer = this.#peers.get(id)
    if (peer === undefined) return actions
    const hash = hashHeader(header)
    const parent = this.#chain.get(header.previousBlockHash)
    if (this.#chain.heightOf(hash) === undefined && parent === undefined) {
      if (viaCompact) this.#unconnecting(peer, { headers: [header], hashes: [hash] }, now, actions)
      else this.#punish(peer, 'block-without-parent', `the parent of a block is not known`, now, actions)
      return actions
    }
    // Too little work: neither kept, nor a fault (Core: BLOCK_HEADER_LOW_WORK).
    if (parent !== undefined && parent.work + claimedWork([header]) < this.#workThreshold()) return actions
    this.#keep(peer, { headers: [header], hashes: [hash] }, now, actions, viaCompact)
    return actions
  }

  onBlockInventory(id: PeerId, hashes: readonly BlockHash[], now: Instant): HeaderSyncAction[] {
    const actions: HeaderSyncAction[] = []
    const peer = this.#peers.get(id)
    const last = hashes.at(-1)
    if (peer === undefined || last === undefined) return actions
    for (const hash of hashes) this.#announced(peer, hash, actions)
    if (this.#chain.heightOf(last) === undefined) this.#ask(peer, undefined, now, actions)
    return actions
  }

  tick(now: Instant): HeaderSyncAction[] {
    const actions: HeaderSyncAction[] = []
    this.#judgeSyncPeer(now, actions)
    this.#judgeDeadlines(now, actions)
    if (this.#askEveryone(now)) this.#startAll(now, actions)
    else this.#chooseSyncPeer(now, actions)
    for (const peer of this.#peers.values()) if (peer.started) this.#keepUp(peer, now, actions)
    return actions
  }

  #keepUp(peer: PeerState, now: Instant, actions: HeaderSyncAction[]): void {
    const verdict = this.#guard.judge(peer.id, peer.best, this.#chain.tip(), now)
    if (verdict.type === 'ask') this.#ask(peer, verdict.from, now, actions)
    else if (verdict.type === 'let-go')
      actions.push({ type: 'disconnect', peer: peer.id, reason: 'old-chain' })
  }

  /**
   * Headers whose parent is not known: announced by a peer that is ahead of us. Never a fault in itself, and no answer either: what was
   * asked for stays asked for, so that one `getheaders` in two minutes follows at most (Core: HandleUnconnectingHeaders).
   */
  #unconnecting(peer: PeerState, { hashes }: HeaderBatch, now: Instant, actions: HeaderSyncAction[]): void {
    this.#announced(peer, hashes.at(-1)!, actions)
    this.#ask(peer, undefined, now, actions)
  }

  #connecting(
    peer: PeerState,
    start: ChainEntry,
    batch: HeaderBatch,
    now: Instant,
    actions: HeaderSyncAction[],
  ): void {
    this.#answered(peer)
    const { headers, hashes } = batch
    const threshold = this.#workThreshold()
    const known = this.#chain.get(hashes.at(-1)!)
    if (known === undefined && start.work < threshold && start.work + claimedWork(headers) < threshold) {
      this.#lowWork(peer, start, batch, now, actions)
      return
    }
    this.#accept(peer, batch, now, actions)
  }

  /** What was asked for has been answered. */
  #answered(peer: PeerState): void {
    peer.askedAt = undefined
    // The sync peer's is for all of it.
    if (this.#sync !== peer) peer.deadline = undefined
  }

  /** Too little work to be kept. A full message may be the beginning of more; any other is all there is. */
  #lowWork(
    peer: PeerState,
    start: ChainEntry,
    batch: HeaderBatch,
    now: Instant,
    actions: HeaderSyncAction[],
  ): void {
    if (batch.headers.length < MAX_HEADERS_RESULTS) {
      this.#lowWorkEnded(peer, now, actions)
      return
    }
    if (now < peer.lowWorkAfter) {
      this.#bringsNothing(peer, now, actions)
      return
    }
    const sync = new LowWorkSync(
      {
        network: this.#chain.network,
        start,
        startMedianTime: this.#chain.medianTimePast(start.hash)!,
        requiredWork: this.#workThreshold(),
        now: this.#wallTime(now),
      },
      { random: this.#random },
    )
    peer.lowWork = sync
    this.#lowWorkStep(peer, sync.next(batch.headers, batch.hashes), start.hash, now, actions)
  }

  /** @returns false where the headers are not a continuation, and are to be looked at by themselves. */
  #continueLowWork(
    peer: PeerState,
    sync: LowWorkSync,
    { headers, hashes }: HeaderBatch,
    now: Instant,
    actions: HeaderSyncAction[],
  ): boolean {
    const step = sync.next(headers, hashes)
    if (step.outcome === 'failed') peer.lowWorkAfter = now + HEADERS_RESPONSE_TIME_MS
    if (step.outcome === 'failed' && step.ready === undefined) {
      peer.lowWork = undefined
      return false
    }
    this.#answered(peer)
    this.#lowWorkStep(peer, step, sync.start, now, actions)
    return true
  }

  #lowWorkStep(
    peer: PeerState,
    { outcome, ready, askAfter }: LowWorkStep,
    start: BlockHash,
    now: Instant,
    actions: HeaderSyncAction[],
  ): void {
    if (outcome !== 'more') peer.lowWork = undefined
    if (ready !== undefined && ready.headers.length > 0) {
      const ended = outcome === 'done' || outcome === 'failed'
      if (!this.#keep(peer, ready, now, actions)) return
      if (ended) this.#ask(peer, ready.hashes.at(-1), now, actions)
    }
    if (outcome === 'more') this.#ask(peer, start, now, actions, askAfter)
    else if (outcome === 'low-work' || (outcome === 'failed' && ready === undefined))
      this.#lowWorkEnded(peer, now, actions)
  }

  /** The peer's chain has less work than we ask for. As long as ours has too, such a peer only takes a slot. */
  #lowWorkEnded(peer: PeerState, now: Instant, actions: HeaderSyncAction[]): void {
    if (peer.facts.preferred && !peer.facts.protected && this.#chain.tip().work < this.#minimumChainWork) {
      actions.push({ type: 'disconnect', peer: peer.id, reason: 'low-work-chain' })
    }
    this.#peerHasNoMore(peer, now, actions)
  }

  #accept(peer: PeerState, batch: HeaderBatch, now: Instant, actions: HeaderSyncAction[]): void {
    const before = this.#chain.size
    if (!this.#keep(peer, batch, now, actions)) return
    if (batch.headers.length < MAX_HEADERS_RESULTS) {
      this.#peerHasNoMore(peer, now, actions)
      return
    }
    const last = batch.hashes.at(-1)!
    if (this.#chain.size === before && !this.#showsMore(peer, last)) this.#bringsNothing(peer, now, actions)
    else this.#ask(peer, last, now, actions)
  }

  /** Whether a full message of known headers reaches further than those before it. */
  #showsMore(peer: PeerState, last: BlockHash): boolean {
    const work = this.#chain.get(last)?.work ?? 0n
    if (work <= peer.shownAgain) return false
    peer.shownAgain = work
    return true
  }

  /** The peer sends the same again: it is asked as if it had not answered, and others instead of it. */
  #bringsNothing(peer: PeerState, now: Instant, actions: HeaderSyncAction[]): void {
    peer.askedAt = now
    this.#replace(peer, now, actions)
  }

  /** The peer is not the one that everything is asked of any more. */
  #replace(peer: PeerState, now: Instant, actions: HeaderSyncAction[]): void {
    if (this.#sync !== peer) return
    this.#sync = undefined
    peer.restsUntil = now + HEADERS_RESPONSE_TIME_MS
    this.#chooseSyncPeer(now, actions)
  }

  /** @returns whether all of them are part of our chain now. */
  #keep(
    peer: PeerState,
    { headers, hashes }: HeaderBatch,
    now: Instant,
    actions: HeaderSyncAction[],
    viaCompact = false,
  ): boolean {
    const { known, tipChange, error } = this.#chain.accept(headers, this.#wallTime(now), hashes)
    if (tipChange !== undefined) actions.push({ type: 'tip-changed', change: tipChange })
    if (error !== undefined && !this.#forgive(peer, error, viaCompact)) {
      const reason = error.code === 'unknown-parent' ? 'headers-not-linked' : 'invalid-header'
      this.#punish(peer, reason, `header ${error.index}: ${error.code}, ${error.detail}`, now, actions)
      return false
    }
    if (known > 0) this.#announced(peer, hashes[known - 1]!, actions)
    this.#resolveAnnounced(actions)
    this.#guard.showed(peer.id, peer.best, this.#chain.tip())
    if (error !== undefined) this.#peerHasNoMore(peer, now, actions)
    return error === undefined
  }

  /** A header from the future may be ours being slow; one found invalid before may be the peer following another rule. */
  #forgive(peer: PeerState, { code }: HeaderError, viaCompact: boolean): boolean {
    if (code === 'time-too-new') return true
    // A compact block may be passed on before it is validated (BIP152).
    if (viaCompact && code === 'known-invalid') return true
    return (code === 'known-invalid' || code === 'invalid-parent') && !peer.facts.preferred
  }

  #punishBreak(peer: PeerState, fault: HeaderBreak, now: Instant, actions: HeaderSyncAction[]): void {
    const reason = fault.code === 'not-linked' ? 'headers-not-linked' : 'invalid-header'
    this.#punish(peer, reason, `header ${fault.index}: ${fault.code}`, now, actions)
  }

  /** A peer that stays all the same, since it is protected, is at least not the one that everything is asked of. */
  #punish(
    peer: PeerState,
    reason: Misbehaviour,
    detail: string,
    now: Instant,
    actions: HeaderSyncAction[],
  ): void {
    actions.push({ type: 'punish', peer: peer.id, reason, detail })
    this.#replace(peer, now, actions)
  }

  /** The peer's answer was not a full one: what it has, we have seen. */
  #peerHasNoMore(peer: PeerState, now: Instant, actions: HeaderSyncAction[]): void {
    peer.deadline = undefined
    if (
      this.#sync === undefined &&
      this.#isTipRecent(now) &&
      this.#chain.tip().work >= this.#minimumChainWork
    ) {
      // A chain from the store that is nearly at its tip: everyone was asked, and nobody is the sync peer.
      this.#caughtUp = true
      this.#startAll(now, actions)
      return
    }
    if (this.#sync !== peer) return
    this.#sync = undefined
    peer.restsUntil = now + HEADERS_RESPONSE_TIME_MS
    if (this.#chain.tip().work >= this.#minimumChainWork) {
      this.#caughtUp = true
      this.#startAll(now, actions)
    } else {
      this.#chooseSyncPeer(now, actions)
    }
  }

  #announced(peer: PeerState, hash: BlockHash, actions: HeaderSyncAction[]): void {
    const entry = this.#chain.get(hash)
    if (entry === undefined) {
      // A view into a message that 32 bytes must not keep alive.
      peer.announcedUnknown = hash.slice() as BlockHash
      return
    }
    if (peer.best !== undefined && entry.work <= peer.best.work) return
    peer.best = entry
    actions.push({ type: 'peer-has', peer: peer.id, hash: entry.hash })
  }

  #resolveAnnounced(actions: HeaderSyncAction[]): void {
    for (const peer of this.#peers.values()) {
      const hash = peer.announcedUnknown
      if (hash === undefined || this.#chain.heightOf(hash) === undefined) continue
      peer.announcedUnknown = undefined
      this.#announced(peer, hash, actions)
    }
  }

  #workThreshold(): bigint {
    const tip = this.#chain.tip()
    const near = tip.work - NEAR_TIP_BLOCKS * targetOf(tip.header.bits)!.work
    return near > this.#minimumChainWork ? near : this.#minimumChainWork
  }

  #askEveryone(now: Instant): boolean {
    return this.#caughtUp || this.#isTipRecent(now)
  }

  #isTipRecent(now: Instant): boolean {
    return this.#chain.tip().header.time * 1000 > this.#wallTime(now) - RECENT_TIP_AGE_MS
  }

  #startAll(now: Instant, actions: HeaderSyncAction[]): void {
    for (const peer of this.#peers.values()) if (!peer.started) this.#start(peer, now, actions)
  }

  /** From the parent of our tip, so that even a peer with nothing new answers with one header and shows what it has. */
  #start(peer: PeerState, now: Instant, actions: HeaderSyncAction[]): void {
    peer.started = true
    const tip = this.#chain.tip()
    this.#ask(peer, tip.height > 0 ? tip.header.previousBlockHash : undefined, now, actions)
  }

  #chooseSyncPeer(now: Instant, actions: HeaderSyncAction[]): void {
    if (this.#sync !== undefined || this.#caughtUp) return
    const candidates = this.#candidates(now)
    if (candidates.length === 0) return
    const bytes = this.#random.bytes(4)
    const choice = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % candidates.length
    const peer = candidates[choice]!
    this.#sync = peer
    peer.deadline = now + this.#allowance(now)
    this.#start(peer, now, actions)
  }

  /** Preferred peers that have not been asked yet; else any that have not; else all. */
  #candidates(now: Instant): PeerState[] {
    const all = [...this.#peers.values()].filter((peer) => now >= peer.restsUntil)
    const fresh = all.filter((peer) => !peer.started)
    const preferred = fresh.filter((peer) => peer.facts.preferred)
    if (preferred.length > 0) return preferred
    return fresh.length > 0 ? fresh : all
  }

  #allowance(now: Instant): number {
    const age = this.#wallTime(now) + MAX_FUTURE_BLOCK_TIME * 1000 - this.#chain.tip().header.time * 1000
    const expected = Math.max(0, age) / (this.#chain.network.proofOfWork.targetSpacing * 1000)
    return HEADERS_TIMEOUT_BASE_MS + HEADERS_TIMEOUT_PER_HEADER_MS * expected
  }

  /**
   * One that is silent for two minutes is not waited for alone: another is asked as well. It is let go as in Bitcoin Core, when it has
   * still not answered, or is too slow in all, and where there is another that we dialled.
   */
  #judgeSyncPeer(now: Instant, actions: HeaderSyncAction[]): void {
    const peer = this.#sync
    if (peer === undefined || this.#peers.size < 2) return
    const silent = peer.askedAt !== undefined && now - peer.askedAt >= this.#responseTimeoutMs
    if (silent) this.#replace(peer, now, actions)
  }

  #judgeDeadlines(now: Instant, actions: HeaderSyncAction[]): void {
    const preferred = [...this.#peers.values()].filter(({ facts }) => facts.preferred)
    for (const peer of this.#peers.values()) {
      if (peer.deadline === undefined || now < peer.deadline) continue
      if (!preferred.some((other) => other !== peer)) continue
      peer.deadline = undefined
      if (!peer.facts.protected)
        actions.push({ type: 'disconnect', peer: peer.id, reason: 'headers-timeout' })
      this.#replace(peer, now, actions)
    }
  }

  #ask(
    peer: PeerState,
    from: BlockHash | undefined,
    now: Instant,
    actions: HeaderSyncAction[],
    /** A header that we do not keep, and that the peer knows to come after `from`. */
    after?: BlockHash,
  ): void {
    if (peer.askedAt !== undefined && now - peer.askedAt < HEADERS_RESPONSE_TIME_MS) return
    peer.askedAt = now
    const locator = this.#chain.locator(from)
    const message: Message = {
      type: 'getheaders',
      version: GETHEADERS_VERSION,
      locator: after === undefined ? locator : [after, ...locator].slice(0, MAX_LOCATOR_SIZE),
      stopHash: new Uint8Array(32) as BlockHash,
    }
    actions.push({ type: 'send', peer: peer.id, message })
  }
}
