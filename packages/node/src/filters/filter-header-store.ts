import {
  asBlockHash,
  asHash256,
  ByteReader,
  ByteWriter,
  bytesEqual,
  concatBytes,
  FILTER_CHECKPOINT_INTERVAL,
  HASH_SIZE,
  type Hash256,
  sha256,
} from '@sapwood/wire-codec'
import type { BlockRef } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { KeyValueNamespace, KeyValueOperation } from '../store/key-value-store.ts'
import type { FilterHeaderChain } from './filter-header-chain.ts'

/** Increased when what is stored changes its form. */
const FORMAT = 1
/** Format, the first height, and up to which block headers are kept. */
const TIP_KEY = 'tip'
const RUN_PREFIX = 'run/'
/** Headers of one entry. */
const RUN_LENGTH = FILTER_CHECKPOINT_INTERVAL
const CHECKSUM_SIZE = 4

/** Filter headers in a store, with the block that the last of them belongs to: all of one batch. */
export class FilterHeaderStore {
  readonly #space: KeyValueNamespace
  /** Runs that are in the store. */
  #runs = 0

  constructor(space: KeyValueNamespace) {
    this.#space = space
  }

  /**
   * Reads those of the best chain, as far as they are whole: what is not, or is of a chain that is gone, is
   * asked for again.
   */
  async load(headers: FilterHeaderChain, chain: HeaderChain): Promise<void> {
    const tip = readTip(await this.#space.get(TIP_KEY))
    if (tip === undefined) return
    this.#runs = Math.ceil((tip.height + 1 - tip.first) / RUN_LENGTH)
    if (tip.first !== headers.first) return
    // All of it before any is taken: the chain may move while it is read.
    const kept: Uint8Array[] = []
    while (kept.length < this.#runs) {
      const run = whole(await this.#space.get(runKey(kept.length)))
      if (run === undefined || run.length % HASH_SIZE !== 0) break
      kept.push(run)
      if (run.length !== RUN_LENGTH * HASH_SIZE) break
    }
    for (const run of kept) headers.append(headersIn(run))
    headers.takeChangedFrom()
    headers.truncate(Math.min(tip.height, chain.forkPoint(tip.hash)?.height ?? -1))
  }

  /** Writes what has changed. @param tip The block of the last header. */
  async save(headers: FilterHeaderChain, tip: BlockRef | undefined): Promise<void> {
    const from = headers.takeChangedFrom()
    if (from === undefined) return
    const { first } = headers
    const runs = Math.ceil((headers.height + 1 - first) / RUN_LENGTH)
    const operations: KeyValueOperation[] = [
      tip === undefined
        ? { type: 'delete', key: TIP_KEY }
        : { type: 'put', key: TIP_KEY, value: checked(writeTip(tip, first)) },
    ]
    for (let run = Math.floor((from - first) / RUN_LENGTH); run < runs; run++) {
      const value = checked(headers.slice(first + run * RUN_LENGTH, first + (run + 1) * RUN_LENGTH))
      operations.push({ type: 'put', key: runKey(run), value })
    }
    for (let run = runs; run < this.#runs; run++) operations.push({ type: 'delete', key: runKey(run) })
    try {
      await this.#space.batch(operations)
      this.#runs = runs
    } catch (error) {
      headers.changed(from)
      throw error
    }
  }
}

/** Keys sort as their numbers do. */
function runKey(run: number): string {
  return `${RUN_PREFIX}${run.toString(16).padStart(8, '0')}`
}

function checked(content: Uint8Array): Uint8Array {
  return concatBytes(sha256(content).subarray(0, CHECKSUM_SIZE), content)
}

function whole(value: Uint8Array | undefined): Uint8Array | undefined {
  const content = value?.slice(CHECKSUM_SIZE)
  if (content === undefined || !bytesEqual(value!, checked(content))) return undefined
  return content
}

function writeTip({ height, hash }: BlockRef, first: number): Uint8Array {
  return new ByteWriter().u8(FORMAT).u32(first).u32(height).hash(hash).finish()
}

function readTip(value: Uint8Array | undefined): (BlockRef & { readonly first: number }) | undefined {
  const content = whole(value)
  if (content?.length !== 1 + 4 + 4 + HASH_SIZE || content[0] !== FORMAT) return undefined
  const reader = new ByteReader(content.subarray(1))
  return { first: reader.u32(), height: reader.u32(), hash: asBlockHash(reader.view(HASH_SIZE)) }
}

function headersIn(run: Uint8Array): Hash256[] {
  return Array.from({ length: run.length / HASH_SIZE }, (_, i) =>
    asHash256(run.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE)),
  )
}
