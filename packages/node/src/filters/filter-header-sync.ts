import {
  BASIC_FILTER_TYPE,
  type BlockHash,
  bytesEqual,
  filterHeaderChain,
  type Hash256,
  MAX_FILTER_HEADERS_PER_REQUEST,
} from '@sapwood/wire-codec'
import type { CompactFilterHeaders, PeerId } from '@sapwood/peer'
import type { HeaderChain, TipChange } from '../chain/header-chain-types.ts'
import { type FilterDisputeComponents, settleDispute } from './filter-dispute.ts'
import { FilterHeaderChain } from './filter-header-chain.ts'
import { FILTER_TIMEOUT, type FilterPeer } from './filter-peers.ts'
import { Turns } from './turns.ts'

/** Peers that are asked for the same filter headers, at most. */
const WITNESSES = 4

export interface FilterHeaderSyncComponents extends FilterDisputeComponents {
  readonly chain: HeaderChain
  /** Resolves when the best chain is that high. */
  readonly waitForHeight: (height: number, signal: AbortSignal) => Promise<void>
}

/** A stretch of the chain whose filter headers are asked for. */
interface Batch {
  readonly start: number
  readonly stop: number
  readonly stopHash: BlockHash
  readonly previous: Hash256
}

interface Answer {
  readonly peer: FilterPeer
  readonly hashes: readonly Hash256[]
  /** Up to the stop block; what the peer said of the header before the first is not in it. */
  readonly headers: readonly Hash256[]
}

/**
 * The chain of filter headers (BIP157), as far as somebody wanted it. Each stretch is asked of up to four peers; what they agree
 * on is kept, and what they do not agree on is settled by the block itself.
 */
export class FilterHeaderSync {
  readonly headers: FilterHeaderChain = new FilterHeaderChain()
  readonly #parts: FilterHeaderSyncComponents
  /** Height up to which a peer has agreed with what is kept now. */
  readonly #agreed = new Map<PeerId, number>()
  readonly #turns = new Turns()

  constructor(components: FilterHeaderSyncComponents) {
    this.#parts = components
  }

  /** The best chain left blocks behind: so do the headers of their filters. */
  onTipChange({ fork, disconnected }: TipChange): void {
    if (disconnected.length > 0) this.#forget(fork.height)
  }

  /** A connection has ended. */
  closed(peer: PeerId): void {
    this.#agreed.delete(peer)
  }

  /**
   * Resolves when the headers reach up to a height of the best chain. Each stretch is asked for once, whoever wants it; a call
   * that waits for the chain to grow holds up no other.
   * @throws NodeError `no-filter-peer`, `filters-disputed`, what `getBlock` throws; the signal's reason.
   */
  async extendTo(height: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.headers.height < height) {
      await this.#parts.waitForHeight(height, signal)
      await this.#turns.take(() => this.#extend(height, signal), signal)
    }
  }

  async #extend(height: number, signal: AbortSignal): Promise<void> {
    const { chain, peers } = this.#parts
    if (this.headers.height >= height) return
    const start = this.headers.height + 1
    const stop = Math.min(height, start + MAX_FILTER_HEADERS_PER_REQUEST - 1)
    const stopHash = chain.hashAt(stop)
    if (stopHash === undefined) return
    const batch: Batch = {
      start,
      stop,
      stopHash,
      previous: this.headers.at(start - 1) ?? new Uint8Array(32),
    }
    const witnesses = (await peers.having(stop, signal)).slice(0, WITNESSES)
    const answers = await Promise.all(witnesses.map((peer) => this.#ask(peer, batch, signal)))
    signal.throwIfAborted()
    // A reorg meanwhile, or a peer that denied what is kept: what was asked for may not follow it any more.
    if (this.headers.height !== start - 1 || !chain.isActive(stopHash)) return
    await this.#judge(
      batch,
      answers.filter((answer) => answer !== undefined),
      signal,
    )
  }

  /** Asks one peer; what is wrong with its answer in itself is dealt with here. */
  async #ask(peer: FilterPeer, batch: Batch, signal: AbortSignal): Promise<Answer | undefined> {
    const { peers } = this.#parts
    let reply: CompactFilterHeaders
    try {
      reply = await peer.peer.getCompactFilterHeaders(
        { filterType: BASIC_FILTER_TYPE, startHeight: batch.start, stopHash: batch.stopHash },
        { signal, timeout: FILTER_TIMEOUT },
      )
    } catch {
      if (!signal.aborted) await peers.silent(peer.id, 'no-filter-headers')
      return undefined
    }
    peers.answered(peer.id, 'no-filter-headers')
    const { filterHashes, previousFilterHeader } = reply
    if (filterHashes.length !== batch.stop - batch.start + 1) {
      await peers.punish(peer.id, `${filterHashes.length} filter headers for another number of blocks`)
      return undefined
    }
    if (!bytesEqual(previousFilterHeader, batch.previous)) {
      await this.#denied(peer, batch)
      return undefined
    }
    return { peer, hashes: filterHashes, headers: filterHeaderChain(batch.previous, filterHashes) }
  }

  /** The peer denies what is kept. Where it agreed to it before it is a liar; else all of it is looked at again, with it. */
  async #denied({ id }: FilterPeer, batch: Batch): Promise<void> {
    if (batch.start === 0 || (this.#agreed.get(id) ?? -1) >= batch.start - 1) {
      await this.#parts.peers.punish(id, `contradicts its own filter headers before block ${batch.start}`)
      return
    }
    this.#forget(-1)
  }

  /** Keeps what all agree on; has the first difference settled otherwise, after which the rest is asked again. */
  async #judge(batch: Batch, answers: readonly Answer[], signal: AbortSignal): Promise<void> {
    const [first, ...others] = answers
    if (first === undefined) return
    const difference = first.hashes.findIndex((hash, index) =>
      others.some(({ hashes }) => !bytesEqual(hashes[index]!, hash)),
    )
    if (difference < 0) {
      this.headers.append(first.headers)
      for (const { peer } of answers) this.#agreed.set(peer.id, batch.stop)
      return
    }
    const height = batch.start + difference
    const claims = answers.map(({ peer, hashes }) => ({ peer, filterHash: hashes[difference]! }))
    await settleDispute({ height, hash: this.#parts.chain.hashAt(height)!, claims }, this.#parts, signal)
  }

  #forget(above: number): void {
    this.headers.truncate(above)
    for (const [peer, agreed] of this.#agreed) this.#agreed.set(peer, Math.min(agreed, above))
  }
}
