/**
 * Compact block filters, client side: filter headers of all peers, compared.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import {
  BASIC_FILTER_TYPE,
  type BlockHash,
  bytesEqual,
  bytesToHex,
  filterHeader,
  FILTER_CHECKPOINT_INTERVAL,
  filterHeaderChain,
  type Hash256,
  MAX_FILTER_HEADERS_PER_REQUEST,
} from '@sapwood/wire-codec'
import type { CompactFilterHeaders, PeerId } from '@sapwood/peer'
import { FewAtOnce } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { type FilterDisputeComponents, settleDispute } from './filter-dispute.ts'
import { FilterHeaderChain } from './filter-header-chain.ts'
import { NodeError } from '../errors/node-error.ts'
import type { FilterHeaderStore } from './filter-header-store.ts'
import { CHECKPOINTS_TIMEOUT, FILTER_HEADER_TIMEOUTS, isLate } from './filter-timeouts.ts'
import type { FilterPeer } from './filter-peers.ts'
import { ReplacedFilters } from './replaced-filters.ts'
import { StrayAnswers } from './stray-answers.ts'

export interface FilterHeaderSyncComponents extends FilterDisputeComponents {
  readonly chain: HeaderChain
  /** Resolves when the best chain is that high. */
  readonly waitForHeight: (height: number, signal: AbortSignal) => Promise<void>
  /** Where headers are kept. */
  readonly store: FilterHeaderStore
  /** Told what the store refuses: the headers are written with the next ones. */
  readonly onUnsaved: (error: unknown) => void
}

/** A stretch of the chain whose filter headers are asked for. */
interface Batch {
  readonly start: number
  readonly stop: number
  readonly stopHash: BlockHash
  /** Undefined of the first block above a checkpoint. */
  readonly previous: Hash256 | undefined
}

/** Peers that say the same of a batch: each has committed to all of it by the header of its last block. */
interface Side {
  readonly peers: readonly FilterPeer[]
  readonly header: Hash256
}

/** What one of a side's peers has sent. */
interface Answer extends Side {
  readonly hashes: readonly Hash256[]
  /** From the batch's first block to its last. */
  readonly headers: readonly Hash256[]
  /** Of the block before the batch's first. */
  readonly previous: Hash256
}

/**
 * The chain of filter headers (BIP157), as far as somebody wanted it. Of each stretch all peers are asked for
 * the last header, which commits to all before it, and one peer for the stretch itself. What they agree on is
 * kept, and what they do not agree on is settled by the block itself: one honest peer among them is enough
 * where the block shows who lies.
 */
export class FilterHeaderSync {
  /** Above a checkpoint of the chain, from the block before it on: that header is what peers agree on. */
  readonly headers: FilterHeaderChain
  /** Answers that may come twice, of whatever was asked. */
  readonly strays: StrayAnswers = new StrayAnswers()
  /** Headers that turned out to be false, after they had been kept. */
  readonly replaced: ReplacedFilters = new ReplacedFilters()
  readonly #parts: FilterHeaderSyncComponents
  /** Height up to which a peer has agreed with what is kept now. */
  readonly #agreed = new Map<PeerId, number>()
  readonly #oneByOne = new FewAtOnce(1)
  #isLoaded = false
  #saving: Promise<void> = Promise.resolve()

  constructor(components: FilterHeaderSyncComponents) {
    this.#parts = components
    this.headers = new FilterHeaderChain(Math.max(0, components.chain.base - 1))
  }

  /** The best chain left blocks behind: so do the headers of their filters. */
  onTipChange({ fork, disconnected }: TipChange): void {
    if (disconnected.length > 0) this.#forget(fork.height)
  }

  /** A connection has ended. */
  closed(peer: PeerId): void {
    this.#agreed.delete(peer)
    this.strays.closed(peer)
  }

  /**
   * Resolves when the headers reach up to a height of the best chain. Each stretch is asked for once, whoever
   * wants it; a call that waits for the chain to grow holds up no other.
   * @throws NodeError `no-filter-peer`, `filters-disputed`, what `getBlock` throws; the signal's reason.
   */
  async extendTo(height: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#isLoaded) await this.#oneByOne.run(() => this.#load(), signal)
    while (this.headers.height < height) {
      await this.#parts.waitForHeight(height, signal)
      await this.#oneByOne.run(() => this.#extend(height, signal), signal)
    }
  }

  /** What an earlier start has left: peers are asked for what came since, and agree with it or not. */
  async #load(): Promise<void> {
    if (this.#isLoaded) return
    const { store, chain, onUnsaved } = this.#parts
    await store.load(this.headers, chain).catch(onUnsaved)
    this.#isLoaded = true
  }

  /** One write at a time: what comes meanwhile goes with the next. */
  #save(): void {
    const { store, chain, onUnsaved } = this.#parts
    this.#saving = this.#saving.then(() => {
      const { height } = this.headers
      const hash = chain.hashAt(height)
      return store.save(this.headers, hash && { height, hash }).catch(onUnsaved)
    })
  }

  async #extend(height: number, signal: AbortSignal): Promise<void> {
    const { chain, peers } = this.#parts
    if (this.headers.height >= height) return
    const { height: before } = this.headers
    const start = Math.max(before + 1, chain.base)
    const stop = Math.min(height, start + MAX_FILTER_HEADERS_PER_REQUEST - 1)
    const stopHash = chain.hashAt(stop)
    if (stopHash === undefined) return
    const batch: Batch = {
      start,
      stop,
      stopHash,
      previous: start === 0 ? new Uint8Array(32) : this.headers.at(start - 1),
    }
    const sides = await this.#sides(await peers.having(stop, signal), batch, signal)
    const answers = await Promise.all(sides.map((side) => this.#ask(side, batch, signal)))
    signal.throwIfAborted()
    // A reorg meanwhile, or a peer that denied what is kept: what was asked for may not follow it any more.
    if (this.headers.height !== before || !chain.isActive(stopHash)) return
    await this.#judge(
      batch,
      answers.filter((answer) => answer !== undefined),
      signal,
    )
  }

  /** Asks every peer for the header of the batch's last block. */
  async #sides(all: readonly FilterPeer[], { stop, stopHash }: Batch, signal: AbortSignal): Promise<Side[]> {
    const last = { startHeight: stop, stopHash, count: 1 }
    const replies = await Promise.all(all.map((peer) => this.#request(peer, last, signal)))
    const sides = new Map<string, { readonly peers: FilterPeer[]; readonly header: Hash256 }>()
    for (const [index, reply] of replies.entries()) {
      if (reply === undefined) continue
      const header = filterHeader(reply.filterHashes[0]!, reply.previousFilterHeader)
      const key = bytesToHex(header)
      const side = sides.get(key) ?? { peers: [], header }
      side.peers.push(all[index]!)
      sides.set(key, side)
    }
    return [...sides.values()]
  }

  /** Asks the first of a side for the batch. */
  async #ask(side: Side, batch: Batch, signal: AbortSignal): Promise<Answer | undefined> {
    const { start, stop, stopHash, previous } = batch
    const peer = side.peers[0]!
    const count = stop - start + 1
    const reply = await this.#request(peer, { startHeight: start, stopHash, count }, signal)
    if (reply === undefined) return undefined
    const { filterHashes: hashes, previousFilterHeader } = reply
    const headers = filterHeaderChain(previousFilterHeader, hashes)
    if (!bytesEqual(headers.at(-1)!, side.header)) {
      await this.#parts.peers.punish(peer.id, `contradicts its own filter header of block ${stop}`)
      return undefined
    }
    if (previous !== undefined && !bytesEqual(previousFilterHeader, previous)) {
      await this.#denied(peer, batch, signal)
      return undefined
    }
    return { ...side, hashes, headers, previous: previousFilterHeader }
  }

  /** @returns undefined where the answer does not come, or is not one: that has been dealt with then. */
  async #request(
    { id, peer }: FilterPeer,
    { startHeight, stopHash, count }: { startHeight: number; stopHash: BlockHash; count: number },
    signal: AbortSignal,
  ): Promise<CompactFilterHeaders | undefined> {
    const { peers } = this.#parts
    const question = { filterType: BASIC_FILTER_TYPE, startHeight, stopHash }
    for (const timeout of FILTER_HEADER_TIMEOUTS) {
      try {
        const reply = await peer.getCompactFilterHeaders(question, { signal, timeout })
        peers.answered(id, 'no-filter-headers')
        const { length } = reply.filterHashes
        if (length === count) return reply
        // One to an earlier question: what answers this one still comes, and may look like that of the next.
        if (this.strays.has(id)) continue
        await peers.punish(id, `${length} filter headers for another number of blocks`)
        return undefined
      } catch (error) {
        if (signal.aborted) {
          this.strays.add(id, 1)
          return undefined
        }
        if (!isLate(error)) break
        this.strays.add(id, 1)
      }
    }
    await peers.silent(id, 'no-filter-headers')
    return undefined
  }

  /**
   * The peer denies what is kept. Where it agreed to it before it is a liar; else all from the last
   * checkpoint on that both have is looked at again, with it (BIP157: checkpoints tell where two chains
   * part).
   */
  async #denied({ id, peer }: FilterPeer, batch: Batch, signal: AbortSignal): Promise<void> {
    if (batch.start === 0 || (this.#agreed.get(id) ?? -1) >= batch.start - 1) {
      await this.#parts.peers.punish(id, `contradicts its own filter headers before block ${batch.start}`)
      return
    }
    const above = await this.#sharedCheckpoint(peer, batch.stopHash, signal)
    if (above >= batch.start - 1) {
      await this.#parts.peers.punish(id, `contradicts its own checkpoint of filters at block ${above}`)
      return
    }
    this.headers.doubt(above)
    this.#limitAgreed(above)
  }

  /** @returns the height of the last checkpoint that a peer has as we do; -1 where there is none. */
  async #sharedCheckpoint(
    peer: FilterPeer['peer'],
    stopHash: BlockHash,
    signal: AbortSignal,
  ): Promise<number> {
    // One that has no checkpoints may end the connection when asked for them.
    if (this.headers.height < FILTER_CHECKPOINT_INTERVAL) return -1
    const theirs = await peer
      .getCompactFilterCheckpoints(
        { filterType: BASIC_FILTER_TYPE, stopHash },
        { signal, timeout: CHECKPOINTS_TIMEOUT },
      )
      .then(({ filterHeaders }) => filterHeaders)
      .catch((): readonly Hash256[] => [])
    const first = theirs.findIndex((header, index) => {
      const height = (index + 1) * FILTER_CHECKPOINT_INTERVAL
      if (height < this.headers.first) return false
      const ours = this.headers.at(height)
      return ours === undefined || !bytesEqual(ours, header)
    })
    const shared = first === -1 ? theirs.length : first
    return shared === 0 ? -1 : shared * FILTER_CHECKPOINT_INTERVAL
  }

  /**
   * Keeps what all agree on; has the first difference settled otherwise, after which the rest is asked again.
   */
  async #judge(batch: Batch, answers: readonly Answer[], signal: AbortSignal): Promise<void> {
    const [first, ...others] = answers
    if (first === undefined) return
    if (batch.previous === undefined && !(await this.#agreeBelow(batch, answers))) return
    const difference = first.hashes.findIndex((hash, index) =>
      others.some(({ hashes }) => !bytesEqual(hashes[index]!, hash)),
    )
    if (difference < 0) {
      const isFirst = batch.previous === undefined
      const replaced = this.headers.append(isFirst ? [first.previous, ...first.headers] : first.headers)
      if (replaced !== undefined) this.replaced.note(replaced)
      this.#save()
      for (const { peers } of answers) for (const { id } of peers) this.#agreed.set(id, batch.stop)
      return
    }
    const height = batch.start + difference
    const claims = answers.flatMap(({ peers, hashes }) =>
      peers.map((peer) => ({ peer, filterHash: hashes[difference]! })),
    )
    await settleDispute({ height, hash: this.#parts.chain.hashAt(height)!, claims }, this.#parts, signal)
  }

  /**
   * What peers say of the block below a checkpoint no block shows: what most say is believed, and the others
   * are let go.
   * @returns whether all say the same.
   * @throws NodeError `filters-disputed` where as many say one thing as another.
   */
  async #agreeBelow({ start }: Batch, answers: readonly Answer[]): Promise<boolean> {
    const claims = new Map<string, FilterPeer[]>()
    for (const { previous, peers } of answers) {
      const key = bytesToHex(previous)
      claims.set(key, [...(claims.get(key) ?? []), ...peers])
    }
    const [most, second, ...rest] = [...claims.values()].sort((a, b) => b.length - a.length)
    if (second === undefined) return true
    if (most!.length === second.length)
      throw new NodeError('filters-disputed', `Peers disagree about the filters below block ${start}`, {
        received: start - 1,
      })
    for (const { id } of [second, ...rest].flat()) await this.#parts.peers.letGo(id, 'filters-disputed')
    return false
  }

  #forget(above: number): void {
    this.headers.truncate(above)
    this.#limitAgreed(above)
  }

  #limitAgreed(above: number): void {
    for (const [peer, agreed] of this.#agreed) this.#agreed.set(peer, Math.min(agreed, above))
  }
}
