import {
  type BlockHash,
  blockHash,
  blockHashes,
  type BlockHeader,
  MAX_HEADERS_RESULTS,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { Instant, Random, WallTime } from '@sapwood/transport-v1v2/environment'
import { ChainSyncGuard } from './chain-sync-guard.ts'
import { claimedWork, findBreak, findBreakOf, type HeaderBatch, type HeaderBreak } from './header-batch.ts'
import type { ChainEntry, HeaderError } from './chain-entry.ts'
import type { HeaderChain } from './header-chain.ts'
import { bitsOf, type HeaderSource } from './header-source.ts'
import { HeaderPeer, type HeaderPeerFacts } from './header-peer.ts'
import { HeaderRequests } from './header-requests.ts'
import type { HeaderSyncAction } from './header-sync-action.ts'
import { HEADERS_RESPONSE_TIME } from './headers-response-time.ts'
import { KnownTips } from './known-tips.ts'
import { type LowWorkStep, LowWorkSync } from './low-work-sync.ts'
import { nextQuestion } from './next-question.ts'
import { Outbox } from './outbox.ts'
import type { Misbehaviour } from './peer-action.ts'
import { targetOf } from './target-cache.ts'

/**
 * A chain that forks off deeper than this many blocks of today's work is low-work (Core,
 * `near_chaintip_work`).
 */
const NEAR_TIP_BLOCKS = 144n

export interface HeaderSyncOptions {
  /** Work that a chain must have before any of its headers is kept. Default: the network's own. */
  readonly minimumChainWork?: bigint
}

export interface HeaderSyncComponents {
  readonly chain: HeaderChain
  readonly random: Random
  /** The time of day at an instant, which headers are judged by. */
  readonly wallTime: (at: Instant) => WallTime
}

/**
 * Follows the headers of many peers into one chain: what is done with what they send. Who is asked is for
 * `HeaderRequests` to say. Pure: events in, actions out; `now` with each event.
 */
export class HeaderSync {
  readonly #parts: HeaderSyncComponents
  readonly #chain: HeaderChain
  readonly #minimumChainWork: bigint
  readonly #peers = new Map<PeerId, HeaderPeer>()
  readonly #out = new Outbox<HeaderSyncAction>()
  readonly #guard = new ChainSyncGuard()
  readonly #tips: KnownTips
  readonly #requests: HeaderRequests

  constructor(options: HeaderSyncOptions, components: HeaderSyncComponents) {
    const { chain } = components
    this.#parts = components
    this.#chain = chain
    this.#minimumChainWork = options.minimumChainWork ?? chain.network.proofOfWork.minimumChainWork
    this.#tips = new KnownTips(chain, this.#peers, this.#out)
    this.#requests = new HeaderRequests(
      { minimumChainWork: this.#minimumChainWork },
      { ...components, peers: this.#peers, out: this.#out },
    )
  }

  /** Whether the sync peer has no more headers for us: what it told of has been asked for and accepted. */
  get caughtUp(): boolean {
    return this.#requests.caughtUp
  }

  /** Whether the peer once showed a chain as good as ours, and is one of the four that are kept for it. */
  isExcused(id: PeerId): boolean {
    return this.#guard.isExcused(id)
  }

  /** The block with the most work that the peer is known to have. */
  bestOf(id: PeerId): ChainEntry | undefined {
    return this.#peers.get(id)?.best
  }

  /** How far its headers have been looked at that are not kept yet; undefined where all are. */
  presyncedOf(id: PeerId): number | undefined {
    return this.#peers.get(id)?.lowWork?.presyncedHeight
  }

  /** A peer's handshake is done (full relay, block relay or inbound; not feelers nor address fetches). */
  addPeer(id: PeerId, facts: HeaderPeerFacts, now: Instant): HeaderSyncAction[] {
    return this.#out.handle(now, () => {
      const peer = new HeaderPeer(id, facts, now)
      this.#peers.set(id, peer)
      this.#guard.add(id, facts.chainSync)
      this.#requests.added(peer)
    })
  }

  removePeer(id: PeerId, now: Instant): HeaderSyncAction[] {
    return this.#out.handle(now, () => {
      this.#peers.delete(id)
      this.#guard.remove(id)
      this.#requests.removed(id)
    })
  }

  /**
   * May be called with headers before `onHeaders` is: asks for what follows them where that is certain to be
   * asked for next. The remote looks for it while these are checked. Where they turn out to break a rule,
   * that question is open all the same, and no other is asked beside it.
   */
  askAhead(id: PeerId, headers: HeaderSource, now: Instant): HeaderSyncAction[] {
    return this.#onPeer(id, now, (peer) => {
      const next = nextQuestion(peer, headers, this.#chain, this.#workThreshold())
      if (next !== undefined) this.#requests.askAhead(peer, next)
    })
  }

  /** A `headers` message, asked for or not. */
  onHeaders(id: PeerId, headers: HeaderSource, now: Instant): HeaderSyncAction[] {
    return this.#onPeer(id, now, (peer) => {
      this.#headers(peer, headers)
      peer.askedAhead = false
    })
  }

  /**
   * The header of a `block` or `cmpctblock`, asked for or not: news, and no answer to a `getheaders`. One
   * whose parent is not known is a fault of a `block` (Core, `BLOCK_MISSING_PREV`), and brings the question
   * for what lies between where it is compact.
   */
  onBlockHeader(id: PeerId, header: BlockHeader, viaCompact: boolean, now: Instant): HeaderSyncAction[] {
    return this.#onPeer(id, now, (peer) => this.#blockHeader(peer, header, viaCompact))
  }

  /** Block hashes of an `inv`. */
  onBlockInventory(id: PeerId, hashes: readonly BlockHash[], now: Instant): HeaderSyncAction[] {
    return this.#onPeer(id, now, (peer) => {
      const last = hashes.at(-1)
      this.#tips.announcedAll(peer, hashes)
      if (last !== undefined && this.#chain.heightOf(last) === undefined) this.#requests.ask(peer, undefined)
    })
  }

  /** Call about once a second. */
  tick(now: Instant): HeaderSyncAction[] {
    return this.#out.handle(now, () => {
      this.#requests.tick()
      for (const peer of this.#peers.values()) {
        if (peer.started) this.#keepUp(peer)
        if (now >= peer.askAgainAt) this.#askAgain(peer)
      }
    })
  }

  #onPeer(id: PeerId, now: Instant, event: (peer: HeaderPeer) => void): HeaderSyncAction[] {
    const peer = this.#peers.get(id)
    return peer === undefined ? [] : this.#out.handle(now, () => event(peer))
  }

  #headers(peer: HeaderPeer, source: HeaderSource): void {
    const { first, last } = source
    if (source.length > MAX_HEADERS_RESULTS) {
      this.#punish(peer, 'too-many-headers', `${source.length} headers in one message`)
      return
    }
    if (first === undefined || last === undefined) {
      peer.lowWork = undefined
      this.#requests.answered(peer)
      this.#requests.hasNoMore(peer)
      return
    }
    const start = this.#chain.get(first.previousBlockHash)
    const lastHash = blockHash(last)
    const isUnheard = peer.lowWork === undefined && !this.#mayBringNews(start, lastHash, source)
    if (isUnheard && !peer.allowance.take(source.length, this.#out.now)) {
      this.#glance(peer, lastHash, source.length)
      return
    }
    if (peer.lowWork === undefined && start !== undefined && this.#chain.heightOf(lastHash) !== undefined) {
      this.#allKnown(peer, source, { headers: [last], hashes: [lastHash] })
      return
    }
    const headers = source.list()
    // Before anything else, whatever of it is known (Core, `CheckHeadersPoW`, `CheckHeadersAreContinuous`).
    const hashes = blockHashes(headers)
    const fault = findBreak(this.#chain.network, headers, hashes)
    if (fault !== undefined) {
      this.#punishBreak(peer, fault)
      return
    }
    const batch: HeaderBatch = { headers, hashes }
    if (peer.lowWork !== undefined && this.#continueLowWork(peer, peer.lowWork, batch)) return
    if (start === undefined) this.#unconnecting(peer, batch)
    else this.#connecting(peer, start, batch)
  }

  /**
   * Whether headers are new, follow what we have, and claim work enough: told by one hash,
   * and not by all of them.
   */
  #mayBringNews(start: ChainEntry | undefined, last: BlockHash, source: HeaderSource): boolean {
    if (start === undefined || this.#chain.heightOf(last) !== undefined) return false
    return start.work + claimedWork(source.bits()) >= this.#workThreshold()
  }

  /** Of headers whose last is known all are, if they are linked: no list of them is needed. */
  #allKnown(peer: HeaderPeer, source: HeaderSource, last: HeaderBatch): void {
    const fault = findBreakOf(this.#chain.network, source)
    if (fault !== undefined) {
      this.#punishBreak(peer, fault)
      return
    }
    this.#requests.answered(peer)
    this.#accept(peer, last, source.length)
  }

  /**
   * Of headers that bring no news, and of which there were too many: the last,
   * as if it alone had been announced.
   */
  #glance(peer: HeaderPeer, last: BlockHash, count: number): void {
    const known = this.#chain.get(last)
    this.#tips.announced(peer, last)
    if (known !== undefined && count === MAX_HEADERS_RESULTS && peer.showsMore(known.work)) {
      this.#requests.answered(peer)
      this.#requests.ask(peer, last)
    } else {
      this.#requests.replace(peer)
    }
  }

  #blockHeader(peer: HeaderPeer, header: BlockHeader, viaCompact: boolean): void {
    const batch: HeaderBatch = { headers: [header], hashes: [blockHash(header)] }
    const parent = this.#chain.get(header.previousBlockHash)
    if (this.#chain.heightOf(batch.hashes[0]!) === undefined && parent === undefined) {
      if (viaCompact) this.#unconnecting(peer, batch)
      else this.#punish(peer, 'block-without-parent', `the parent of a block is not known`)
      return
    }
    // Too little work: neither kept, nor a fault (Core, `BLOCK_HEADER_LOW_WORK`).
    if (parent !== undefined && parent.work + claimedWork([header.bits]) < this.#workThreshold()) return
    this.#keep(peer, batch, viaCompact)
  }

  #keepUp(peer: HeaderPeer): void {
    const verdict = this.#guard.judge(peer.id, peer.best, this.#chain.tip(), this.#out.now)
    if (verdict.type === 'ask') this.#requests.ask(peer, verdict.from)
    else if (verdict.type === 'let-go')
      this.#out.push({ type: 'disconnect', peer: peer.id, reason: 'old-chain' })
  }

  /** What was too new is so no more by now, or when our clock has been set: nobody tells of it again. */
  #askAgain(peer: HeaderPeer): void {
    peer.askAgainAt = Number.POSITIVE_INFINITY
    this.#requests.ask(peer, undefined)
  }

  /**
   * Headers whose parent is not known: announced by a peer that is ahead of us. Never a fault in itself, and
   * no answer either: what was asked for stays asked for, so that one `getheaders` in two minutes follows at
   * most (Core, `HandleUnconnectingHeaders`).
   */
  #unconnecting(peer: HeaderPeer, { hashes }: HeaderBatch): void {
    this.#tips.announced(peer, hashes.at(-1)!)
    this.#requests.ask(peer, undefined)
  }

  #connecting(peer: HeaderPeer, start: ChainEntry, batch: HeaderBatch): void {
    this.#requests.answered(peer)
    const { headers, hashes } = batch
    const threshold = this.#workThreshold()
    const known = this.#chain.get(hashes.at(-1)!)
    if (
      known === undefined &&
      start.work < threshold &&
      start.work + claimedWork(bitsOf(headers)) < threshold
    )
      this.#beginLowWork(peer, start, batch)
    else this.#accept(peer, batch)
  }

  /** Too little work to be kept. A full message may be the beginning of more; any other is all there is. */
  #beginLowWork(peer: HeaderPeer, start: ChainEntry, batch: HeaderBatch): void {
    if (batch.headers.length < MAX_HEADERS_RESULTS) {
      this.#lowWorkEnded(peer)
      return
    }
    if (this.#out.now < peer.lowWorkAfter) {
      this.#requests.bringsNothing(peer)
      return
    }
    const sync = new LowWorkSync(
      {
        network: this.#chain.network,
        start,
        startMedianTime: this.#chain.medianTimePast(start.hash)!,
        requiredWork: this.#workThreshold(),
        now: this.#parts.wallTime(this.#out.now),
      },
      this.#parts,
    )
    peer.lowWork = sync
    this.#lowWorkStep(peer, sync.next(batch.headers, batch.hashes), start.hash)
  }

  /** @returns false where the headers are not a continuation, and are to be looked at by themselves. */
  #continueLowWork(peer: HeaderPeer, sync: LowWorkSync, { headers, hashes }: HeaderBatch): boolean {
    const step = sync.next(headers, hashes)
    if (step.outcome === 'failed') peer.lowWorkAfter = this.#out.now + HEADERS_RESPONSE_TIME
    if (step.outcome === 'failed' && step.ready === undefined) {
      peer.lowWork = undefined
      return false
    }
    this.#requests.answered(peer)
    this.#lowWorkStep(peer, step, sync.start)
    return true
  }

  #lowWorkStep(peer: HeaderPeer, { outcome, ready, askAfter }: LowWorkStep, start: BlockHash): void {
    if (outcome !== 'more') peer.lowWork = undefined
    if (ready !== undefined && ready.headers.length > 0) {
      const ended = outcome === 'done' || outcome === 'failed'
      if (!this.#keep(peer, ready)) return
      if (ended) this.#requests.ask(peer, ready.hashes.at(-1))
    }
    if (outcome === 'more') this.#requests.ask(peer, start, askAfter)
    else if (outcome === 'low-work' || (outcome === 'failed' && ready === undefined)) this.#lowWorkEnded(peer)
  }

  /**
   * The peer's chain has less work than we ask for. As long as ours has too, such a peer only takes a slot.
   */
  #lowWorkEnded(peer: HeaderPeer): void {
    if (peer.facts.preferred && !peer.facts.protected && this.#chain.tip().work < this.#minimumChainWork)
      this.#out.push({ type: 'disconnect', peer: peer.id, reason: 'low-work-chain' })
    this.#requests.hasNoMore(peer)
  }

  /** @param count of the headers in the message, of which those known may be left out. */
  #accept(peer: HeaderPeer, batch: HeaderBatch, count = batch.headers.length): void {
    const before = this.#chain.size
    if (!this.#keep(peer, batch)) return
    if (count < MAX_HEADERS_RESULTS) {
      this.#requests.hasNoMore(peer)
      return
    }
    const last = batch.hashes.at(-1)!
    const isNews = this.#chain.size !== before || peer.showsMore(this.#chain.get(last)?.work ?? 0n)
    if (isNews) this.#requests.ask(peer, last)
    else this.#requests.bringsNothing(peer)
  }

  /** @returns whether all of them are part of our chain now. */
  #keep(peer: HeaderPeer, { headers, hashes }: HeaderBatch, viaCompact = false): boolean {
    const wallTime = this.#parts.wallTime(this.#out.now)
    const { known, tipChange, error } = this.#chain.accept(headers, wallTime, hashes)
    if (tipChange !== undefined) this.#out.push({ type: 'tip-changed', change: tipChange })
    if (error !== undefined && !this.#forgive(peer, error, viaCompact)) {
      const reason = error.code === 'unknown-parent' ? 'headers-not-linked' : 'invalid-header'
      this.#punish(peer, reason, `header ${error.index}: ${error.code}, ${error.detail}`)
      return false
    }
    if (known > 0) this.#tips.announced(peer, hashes[known - 1]!)
    this.#tips.resolve()
    this.#guard.showed(peer.id, peer.best, this.#chain.tip())
    if (error?.code === 'time-too-new') peer.askAgainAt = this.#out.now + HEADERS_RESPONSE_TIME
    if (error !== undefined) this.#requests.hasNoMore(peer)
    return error === undefined
  }

  /**
   * A header from the future may be ours being slow; one found invalid before may be
   * the peer following another rule.
   */
  #forgive(peer: HeaderPeer, { code }: HeaderError, viaCompact: boolean): boolean {
    if (code === 'time-too-new') return true
    // A compact block may be passed on before it is validated (BIP152).
    if (viaCompact && code === 'known-invalid') return true
    return (code === 'known-invalid' || code === 'invalid-parent') && !peer.facts.preferred
  }

  #punishBreak(peer: HeaderPeer, { index, code }: HeaderBreak): void {
    const reason = code === 'not-linked' ? 'headers-not-linked' : 'invalid-header'
    this.#punish(peer, reason, `header ${index}: ${code}`)
  }

  /**
   * A peer that stays all the same, since it is protected,
   * is at least not the one that everything is asked of.
   */
  #punish(peer: HeaderPeer, reason: Misbehaviour, detail: string): void {
    this.#out.push({ type: 'punish', peer: peer.id, reason, detail })
    this.#requests.replace(peer)
  }

  #workThreshold(): bigint {
    const tip = this.#chain.tip()
    const near = tip.work - NEAR_TIP_BLOCKS * targetOf(tip.header.bits)!.work
    return near > this.#minimumChainWork ? near : this.#minimumChainWork
  }
}
