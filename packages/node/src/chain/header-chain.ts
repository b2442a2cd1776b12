import {
  type BlockHash,
  blockHash,
  blockHashes,
  type BlockHeader,
  MAX_HEADERS_RESULTS,
  type Network,
} from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { contextualError, medianTimePast, type RuleContext } from './header-rules.ts'
import type {
  AcceptResult,
  BlockRef,
  ChainEntry,
  HeaderError,
  HeaderErrorCode,
  TipChange,
} from './chain-entry.ts'
import { HEADER_RECORD_SIZE, HeaderTable, NO_SLOT, recordFields } from './header-table.ts'
import { locatorHeights } from './locator.ts'
import { ActiveChain } from './active-chain.ts'
import type { ChainCheckpoint } from './chain-checkpoint.ts'
import { limbsOf, meetsTarget, targetOf } from './target-cache.ts'
import { NodeError } from '../errors/node-error.ts'

/** All headers known, forks included, and which of them are the chain with the most work. */
export interface HeaderChain {
  readonly network: Network
  /** Height of the first header that is kept: 0, or that of a checkpoint. */
  readonly base: number
  /** How many headers are kept, forks and genesis included. */
  readonly size: number
  /** End of the valid chain with the most work. */
  tip(): ChainEntry
  /** In the best chain. */
  headerAt(height: number): BlockHeader | undefined
  /** In the best chain. */
  hashAt(height: number): BlockHash | undefined
  /** Of any header known, on the best chain or not. */
  heightOf(hash: BlockHash): number | undefined
  /** Any header known, on the best chain or not. */
  get(hash: BlockHash): ChainEntry | undefined
  /** Whether the block is part of the best chain. */
  isActive(hash: BlockHash): boolean
  /** The last block of the best chain that `hash` builds on (itself, where it is in the best chain). */
  forkPoint(hash: BlockHash): BlockRef | undefined
  /** Median of the times of the last 11 headers up to and with this one, seconds (BIP113). */
  medianTimePast(hash: BlockHash): number | undefined
  /**
   * Hashes from `from` (default: the tip) back to the first that is kept, ever further apart; at most 101.
   */
  locator(from?: BlockHash): BlockHash[]
  /**
   * What a `getheaders` asks for: the headers after the first hash of `locator` in the best chain. Where the
   * locator is empty, that of the stop block alone, or none where the best chain does not have it.
   */
  headersAfter(locator: readonly BlockHash[], stopHash: BlockHash, limit?: number): BlockHeader[]
  /**
   * Checks each header in its place and keeps it: proof of work, difficulty, times, version. Stops at the
   * first that fails. Says nothing about minimum work: that is the header sync's to ask for before it calls
   * this.
   * @param hashes the headers' hashes, where the caller has computed them already.
   */
  accept(headers: readonly BlockHeader[], now: WallTime, hashes?: readonly BlockHash[]): AcceptResult
  /** Takes a block that was found invalid, and all that build on it, out of the running for good. */
  invalidate(hash: BlockHash): TipChange | undefined
}

export interface HeaderChainOptions {
  readonly network: Network
  /** Where it begins; the genesis block where it is absent. Checked before (`checkCheckpoint`). */
  readonly checkpoint?: ChainCheckpoint | undefined
}

/**
 * All headers of a network, in a table of numbers; at first with nothing but genesis in it. It can be written
 * to a store and read back, in the order in which the headers came.
 */
export class StorableHeaderChain implements HeaderChain {
  readonly network: Network
  readonly base: number
  readonly #table = new HeaderTable()
  readonly #active: ActiveChain
  readonly #invalidated: BlockHash[] = []
  readonly #context: RuleContext
  readonly #easiestTarget: bigint
  /** The entry of the tip, which is asked for again and again; of slot `#tipSlot`. */
  #tipEntry: ChainEntry | undefined
  #tipSlot: number = NO_SLOT

  constructor({ network, checkpoint }: HeaderChainOptions) {
    this.network = network
    this.base = checkpoint?.height ?? 0
    this.#easiestTarget = targetOf(network.powLimitBits)!.value
    if (checkpoint === undefined) {
      const { workLimbs } = targetOf(network.genesis.bits)!
      this.#table.appendFirst(network.genesis, network.genesisHash, 0, workLimbs)
    } else {
      const { header, height, chainWork } = checkpoint
      this.#table.appendFirst(header, blockHash(header), height, limbsOf(chainWork))
    }
    this.#active = new ActiveChain(this.#table)
    const table = this.#table
    this.#context = {
      network,
      base: this.base,
      height: (slot) => table.height(slot),
      time: (slot) => table.time(slot),
      bits: (slot) => table.bits(slot),
      parent: (slot) => table.parent(slot),
      ancestor: (slot, height) => this.#active.ancestor(slot, height),
    }
  }

  get size(): number {
    return this.#table.size
  }

  /** The blocks that `invalidate` was called on, oldest first; what builds on them follows from it. */
  get invalidated(): readonly BlockHash[] {
    return this.#invalidated
  }

  tip(): ChainEntry {
    const slot = this.#active.tip
    if (this.#tipEntry === undefined || this.#tipSlot !== slot) {
      this.#tipEntry = this.#entry(slot)
      this.#tipSlot = slot
    }
    return this.#tipEntry
  }

  headerAt(height: number): BlockHeader | undefined {
    const slot = this.#active.at(height)
    return slot === undefined ? undefined : this.#table.header(slot)
  }

  hashAt(height: number): BlockHash | undefined {
    const slot = this.#active.at(height)
    return slot === undefined ? undefined : this.#table.hash(slot)
  }

  heightOf(hash: BlockHash): number | undefined {
    const slot = this.#table.find(hash)
    return slot < 0 ? undefined : this.#table.height(slot)
  }

  get(hash: BlockHash): ChainEntry | undefined {
    const slot = this.#table.find(hash)
    return slot < 0 ? undefined : this.#entry(slot)
  }

  isActive(hash: BlockHash): boolean {
    const slot = this.#table.find(hash)
    return slot >= 0 && this.#active.has(slot)
  }

  forkPoint(hash: BlockHash): BlockRef | undefined {
    const slot = this.#table.find(hash)
    return slot < 0 ? undefined : this.#ref(this.#active.fork(slot))
  }

  medianTimePast(hash: BlockHash): number | undefined {
    const slot = this.#table.find(hash)
    return slot < 0 ? undefined : medianTimePast(this.#context, slot)
  }

  locator(from?: BlockHash): BlockHash[] {
    const known = from === undefined ? this.#active.tip : this.#table.find(from)
    let slot = known < 0 ? this.#active.tip : known
    const hashes: BlockHash[] = []
    for (const height of locatorHeights(this.#table.height(slot), this.base)) {
      slot = this.#active.ancestor(slot, height)
      hashes.push(this.#table.hash(slot))
    }
    return hashes
  }

  headersAfter(
    locator: readonly BlockHash[],
    stopHash: BlockHash,
    limit: number = MAX_HEADERS_RESULTS,
  ): BlockHeader[] {
    if (locator.length === 0) {
      const stop = this.#table.find(stopHash)
      return stop >= 0 && this.#active.has(stop) ? [this.#table.header(stop)] : []
    }
    // Whoever knows nothing of what is kept begins at genesis, and has nothing from us above a checkpoint.
    let height = this.base === 0 ? 1 : Number.POSITIVE_INFINITY
    for (const hash of locator) {
      const slot = this.#table.find(hash)
      if (slot >= 0 && this.#active.has(slot)) {
        height = this.#table.height(slot) + 1
        break
      }
    }
    const headers: BlockHeader[] = []
    for (; headers.length < limit; height++) {
      const slot = this.#active.at(height)
      if (slot === undefined) break
      headers.push(this.#table.header(slot))
      if (this.#table.hashEquals(slot, stopHash)) break
    }
    return headers
  }

  accept(headers: readonly BlockHeader[], now: WallTime, hashes?: readonly BlockHash[]): AcceptResult {
    const table = this.#table
    const oldTip = this.#active.tip
    const nowSeconds = Math.floor(now / 1000)
    let accepted = 0
    let previous = -1
    let error: HeaderError | undefined
    let known = 0
    const all = hashes ?? blockHashes(headers)
    for (const header of headers) {
      const hash = all[known]!
      const existing = table.find(hash)
      if (existing >= 0) {
        if (table.isInvalid(existing)) {
          error = refusal('known-invalid', known, hash, 'found invalid before')
          break
        }
        previous = existing
        known++
        continue
      }
      const target = targetOf(header.bits)
      if (target === undefined || target.value > this.#easiestTarget || !meetsTarget(hash, target)) {
        error = refusal('bad-proof-of-work', known, hash, `hash is above its target`)
        break
      }
      const parent =
        previous >= 0 && table.hashEquals(previous, header.previousBlockHash)
          ? previous
          : table.find(header.previousBlockHash)
      if (parent < 0) {
        error = refusal('unknown-parent', known, hash, 'builds on a header that is not known')
        break
      }
      if (table.isInvalid(parent)) {
        error = refusal('invalid-parent', known, hash, 'builds on an invalid block')
        break
      }
      const failure = contextualError(this.#context, header, parent, nowSeconds)
      if (failure !== undefined) {
        error = refusal(failure.code, known, hash, failure.detail)
        break
      }
      previous = table.append(header, hash, parent, target.workLimbs)
      accepted++
      known++
      if (table.hasMoreWork(previous, this.#active.tip)) this.#active.setTip(previous)
    }
    const tipChange = this.#changeSince(oldTip)
    return {
      accepted,
      known,
      ...(tipChange !== undefined && { tipChange }),
      ...(error !== undefined && { error }),
    }
  }

  invalidate(hash: BlockHash): TipChange | undefined {
    const first = this.#table.find(hash)
    // Genesis is what makes the network what it is, and a checkpoint what makes the chain.
    if (first <= 0 || this.#table.isInvalid(first)) return undefined
    const oldTip = this.#active.tip
    this.#markInvalid(first)
    this.#active.setTip(this.#best())
    return this.#changeSince(oldTip)
  }

  /** The stored form of the headers `first` to before `size`: 84 bytes each (see `HEADER_RECORD_SIZE`). */
  recordsFrom(first: number): Uint8Array {
    return this.#table.records(first, this.#table.size)
  }

  /**
   * Takes back what `recordsFrom` gave, in the same order, without checking the rules again.
   * @throws NodeError `store-corrupt` where the records do not fit what came before them; none is taken then.
   */
  restore(records: Uint8Array): void {
    if (records.length % HEADER_RECORD_SIZE !== 0) throw corrupt('a record is cut off')
    const table = this.#table
    table.reserve(table.size + records.length / HEADER_RECORD_SIZE)
    let slot = table.size
    for (let start = 0; start < records.length; start += HEADER_RECORD_SIZE, slot++) {
      const { parent, bits } = recordFields(records, start)
      if (parent >= slot) throw corrupt('a header comes before its parent')
      if (targetOf(bits) === undefined) throw corrupt('a header has no valid target')
    }
    for (let start = 0; start < records.length; start += HEADER_RECORD_SIZE) {
      table.appendRecord(records, start, targetOf(recordFields(records, start).bits)!.workLimbs)
    }
  }

  /** Chooses the best chain among what was restored. Call once, after the last `restore`. */
  finishRestore(invalid: readonly BlockHash[]): void {
    for (const hash of invalid) {
      const slot = this.#table.find(hash)
      if (slot > 0) this.#markInvalid(slot)
    }
    this.#active.setTip(this.#best())
  }

  #markInvalid(first: number): void {
    const table = this.#table
    this.#invalidated.push(table.hash(first))
    table.markInvalid(first)
    // Children come after their parents, so one pass finds all that build on it.
    for (let slot = first + 1; slot < table.size; slot++) {
      if (table.isInvalid(table.parent(slot))) table.markInvalid(slot)
    }
  }

  /** The valid header with the most work; of equals the one that came first. */
  #best(): number {
    const table = this.#table
    let best = 0
    for (let slot = 1; slot < table.size; slot++) {
      if (!table.isInvalid(slot) && table.hasMoreWork(slot, best)) best = slot
    }
    return best
  }

  #changeSince(oldTip: number): TipChange | undefined {
    const newTip = this.#active.tip
    if (newTip === oldTip) return undefined
    const fork = this.#active.fork(oldTip)
    const disconnected: BlockRef[] = []
    for (let slot = oldTip; slot !== fork; slot = this.#table.parent(slot)) disconnected.push(this.#ref(slot))
    return { oldTip: this.#ref(oldTip), newTip: this.#ref(newTip), fork: this.#ref(fork), disconnected }
  }

  #ref(slot: number): BlockRef {
    return { height: this.#table.height(slot), hash: this.#table.hash(slot) }
  }

  #entry(slot: number): ChainEntry {
    return { ...this.#ref(slot), header: this.#table.header(slot), work: this.#table.work(slot) }
  }
}

function refusal(code: HeaderErrorCode, index: number, hash: BlockHash, detail: string): HeaderError {
  return { code, index, hash, detail }
}

function corrupt(detail: string): NodeError {
  return new NodeError('store-corrupt', `The stored headers do not fit together: ${detail}.`)
}
