import { type BlockHash, MAX_LOCATOR_SIZE, type Message, ProtocolVersion } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { DAY, type Instant, MINUTE, type Random, type WallTime } from '@sapwood/transport-v1v2/environment'
import type { HeaderChain } from './header-chain.ts'
import type { HeaderPeer } from './header-peer.ts'
import { MAX_FUTURE_BLOCK_TIME } from './header-rules.ts'
import type { HeaderSyncAction } from './header-sync-action.ts'
import { HEADERS_RESPONSE_TIME } from './headers-response-time.ts'
import type { NextQuestion } from './next-question.ts'
import type { Outbox } from './outbox.ts'

/** With a tip younger than this the first sync is over and every peer is asked (Core: 24 h). */
const RECENT_TIP_AGE = DAY
/**
 * How long a sync peer has in all, without what the headers themselves need (Core,
 * `HEADERS_DOWNLOAD_TIMEOUT_BASE`).
 */
const HEADERS_TIMEOUT_BASE = 15 * MINUTE
/** More time for each header that is expected (Core, `HEADERS_DOWNLOAD_TIMEOUT_PER_HEADER`). */
const HEADERS_TIMEOUT_PER_HEADER = 1

export interface HeaderRequestsOptions {
  readonly minimumChainWork: bigint
}

export interface HeaderRequestsComponents {
  readonly chain: HeaderChain
  readonly random: Random
  readonly wallTime: (at: Instant) => WallTime
  readonly peers: ReadonlyMap<PeerId, HeaderPeer>
  readonly out: Outbox<HeaderSyncAction>
}

/**
 * Who is asked for headers, from where on, and until when. At first one peer for all of them, the sync peer,
 * so that a long chain is not downloaded from everyone; once that one has no more, or our tip is recent,
 * everybody.
 */
export class HeaderRequests {
  readonly #options: HeaderRequestsOptions
  readonly #parts: HeaderRequestsComponents
  #sync: HeaderPeer | undefined
  #caughtUp = false

  constructor(options: HeaderRequestsOptions, components: HeaderRequestsComponents) {
    this.#options = options
    this.#parts = components
  }

  /** Whether the sync peer has no more headers for us: what it told of has been asked for and accepted. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  added(peer: HeaderPeer): void {
    if (this.#asksEveryone()) this.#start(peer)
    else this.#chooseSyncPeer()
  }

  removed(id: PeerId): void {
    if (this.#sync?.id !== id) return
    this.#sync = undefined
    this.#chooseSyncPeer()
  }

  tick(): void {
    this.#judgeSyncPeer()
    this.#judgeDeadlines()
    if (this.#asksEveryone()) this.#startAll()
    else this.#chooseSyncPeer()
  }

  /**
   * Asks for what follows `from`, or our tip; not while the last question is open.
   * @param after A header that we do not keep, and that the peer knows to come after `from`.
   */
  ask(peer: HeaderPeer, from: BlockHash | undefined, after?: BlockHash): void {
    const { chain, out } = this.#parts
    if (peer.askedAt !== undefined && out.now - peer.askedAt < HEADERS_RESPONSE_TIME) return
    peer.askedAt = out.now
    const locator = chain.locator(from)
    const message: Message = {
      type: 'getheaders',
      version: ProtocolVersion.CURRENT,
      locator: after === undefined ? locator : [after, ...locator].slice(0, MAX_LOCATOR_SIZE),
      stopHash: new Uint8Array(32) as BlockHash,
    }
    out.push({ type: 'send', peer: peer.id, message })
  }

  /** Asks for what follows an answer that has yet to be checked: one question is open as before. */
  askAhead(peer: HeaderPeer, { from, after }: NextQuestion): void {
    peer.askedAt = undefined
    this.ask(peer, from, after)
    peer.askedAhead = true
  }

  /** What was asked for has been answered. */
  answered(peer: HeaderPeer): void {
    if (!peer.askedAhead) peer.askedAt = undefined
    // The sync peer's is for all of it.
    if (this.#sync !== peer) peer.deadline = undefined
  }

  /** The peer sends the same again: it is asked as if it had not answered, and others instead of it. */
  bringsNothing(peer: HeaderPeer): void {
    peer.askedAt = this.#parts.out.now
    this.replace(peer)
  }

  /** The peer is not the one that everything is asked of any more. */
  replace(peer: HeaderPeer): void {
    if (this.#sync !== peer) return
    this.#retire(peer)
    this.#chooseSyncPeer()
  }

  /** The peer's answer was not a full one: what it has, we have seen. */
  hasNoMore(peer: HeaderPeer): void {
    peer.deadline = undefined
    const hasWork = this.#parts.chain.tip().work >= this.#options.minimumChainWork
    if (this.#sync === undefined) {
      // A chain from the store that is nearly at its tip: everyone was asked, and nobody is the sync peer.
      if (hasWork && this.#isTipRecent()) this.#catchUp()
    } else if (this.#sync === peer) {
      this.#retire(peer)
      if (hasWork) this.#catchUp()
      else this.#chooseSyncPeer()
    }
  }

  #retire(peer: HeaderPeer): void {
    this.#sync = undefined
    peer.restsUntil = this.#parts.out.now + HEADERS_RESPONSE_TIME
  }

  #catchUp(): void {
    this.#caughtUp = true
    this.#startAll()
  }

  #asksEveryone(): boolean {
    return this.#caughtUp || this.#isTipRecent()
  }

  #isTipRecent(): boolean {
    const { chain, wallTime, out } = this.#parts
    return chain.tip().header.time * 1000 > wallTime(out.now) - RECENT_TIP_AGE
  }

  #startAll(): void {
    for (const peer of this.#parts.peers.values()) if (!peer.started) this.#start(peer)
  }

  /**
   * From the parent of our tip, so that even a peer with nothing new answers with
   * one header and shows what it has.
   */
  #start(peer: HeaderPeer): void {
    peer.started = true
    const tip = this.#parts.chain.tip()
    this.ask(peer, tip.height > 0 ? tip.header.previousBlockHash : undefined)
  }

  #chooseSyncPeer(): void {
    if (this.#sync !== undefined || this.#caughtUp) return
    const candidates = this.#candidates()
    if (candidates.length === 0) return
    const bytes = this.#parts.random.bytes(4)
    const choice = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % candidates.length
    const peer = candidates[choice]!
    this.#sync = peer
    peer.deadline = this.#parts.out.now + this.#timeForAll()
    this.#start(peer)
  }

  /** Preferred peers that have not been asked yet; else any that have not; else all. */
  #candidates(): HeaderPeer[] {
    const { peers, out } = this.#parts
    const all = [...peers.values()].filter((peer) => out.now >= peer.restsUntil)
    const fresh = all.filter((peer) => !peer.started)
    const preferred = fresh.filter((peer) => peer.facts.preferred)
    if (preferred.length > 0) return preferred
    return fresh.length > 0 ? fresh : all
  }

  #timeForAll(): number {
    const { chain, wallTime, out } = this.#parts
    const age = wallTime(out.now) + MAX_FUTURE_BLOCK_TIME * 1000 - chain.tip().header.time * 1000
    const expected = Math.max(0, age) / (chain.network.proofOfWork.targetSpacing * 1000)
    return HEADERS_TIMEOUT_BASE + HEADERS_TIMEOUT_PER_HEADER * expected
  }

  /**
   * One that is silent for two minutes is not waited for alone: another is asked as well. It is let go as in
   * Bitcoin Core, when it has still not answered, or is too slow in all, and where there is another that we
   * dialled.
   */
  #judgeSyncPeer(): void {
    const { peers, out } = this.#parts
    const peer = this.#sync
    if (peer === undefined || peers.size < 2) return
    const isSilent = peer.askedAt !== undefined && out.now - peer.askedAt >= HEADERS_RESPONSE_TIME
    if (isSilent) this.replace(peer)
  }

  #judgeDeadlines(): void {
    const { peers, out } = this.#parts
    const preferred = [...peers.values()].filter(({ facts }) => facts.preferred)
    for (const peer of peers.values()) {
      if (peer.deadline === undefined || out.now < peer.deadline) continue
      if (!preferred.some((other) => other !== peer)) continue
      peer.deadline = undefined
      if (!peer.facts.protected) out.push({ type: 'disconnect', peer: peer.id, reason: 'headers-timeout' })
      this.replace(peer)
    }
  }
}
