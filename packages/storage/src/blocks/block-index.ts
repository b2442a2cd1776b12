import { asBlockHash, type BlockHash, bytesEqual, bytesToHex, concatBytes } from '@sapwood/wire-codec'
import { type KeyValueNamespace, type KeyValueOperation, NodeError, type StoredRange } from '@sapwood/node'
import { CHECKSUM_SIZE, OLD_CHECKSUM_SIZE } from './block-checksum.ts'

/** Where a block is. */
export interface BlockPlace {
  readonly height: number
  /** Number of its file. */
  readonly file: number
  /** Of its first byte, behind what goes before it. */
  readonly position: number
  readonly size: number
  /** `blockChecksum` of its bytes. */
  readonly checksum: Uint8Array
}

/** What a file holds. */
export interface FileFacts {
  readonly number: number
  /** Bytes that are spoken for; what stands behind them was never acknowledged. */
  readonly end: number
  readonly blocks: number
  readonly highest: number
}

/** What changes with the blocks that are written together. */
export interface IndexChange {
  readonly places: readonly (readonly [BlockHash, BlockPlace])[]
  readonly file: FileFacts
  readonly range: StoredRange | undefined
}

/** Hash of the genesis block, and the range where there is one. */
const MARK = 'm'
const MARK_SIZE = 32
const RANGE_SIZE = 4 + 4 + 32
const PLACE_SIZE = 16 + CHECKSUM_SIZE
/** Of earlier versions, whose CRC-32 stands before the height. */
const OLD_PLACE_SIZE = 16 + OLD_CHECKSUM_SIZE
const FACTS_SIZE = 12
/** Deletions of one batch. */
const BATCH = 10_000

/**
 * Where each block is (`b`, by hash), what each file holds (`f`, by number), and the mark of what is whole:
 * what is written together is one batch.
 */
export class BlockIndex {
  readonly #entries: KeyValueNamespace
  readonly #genesis: BlockHash

  constructor(entries: KeyValueNamespace, genesis: BlockHash) {
    this.#entries = entries
    this.#genesis = genesis
  }

  /**
   * Reads all but the places.
   * @returns undefined where nothing has ever been written.
   * @throws NodeError `store-corrupt`; `store-foreign` for another network's.
   */
  async load(): Promise<
    { readonly files: FileFacts[]; readonly range: StoredRange | undefined } | undefined
  > {
    const mark = await this.#entries.get(MARK)
    if (mark === undefined) return undefined
    if (mark.length !== MARK_SIZE && mark.length !== MARK_SIZE + RANGE_SIZE) throw corrupt(MARK)
    if (!bytesEqual(mark.subarray(0, MARK_SIZE), this.#genesis))
      throw new NodeError('store-foreign', 'The blocks in this folder are of another network.')
    const files: FileFacts[] = []
    for await (const [key, value] of this.#under('f')) files.push(readFacts(key, value))
    return { files, range: readRange(mark.subarray(MARK_SIZE)) }
  }

  async find(hash: BlockHash): Promise<BlockPlace | undefined> {
    const key = placeKey(hash)
    const value = await this.#entries.get(key)
    return value && readPlace(key, value)
  }

  /** Notes blocks that are in their file. */
  write({ places, file, range }: IndexChange): Promise<void> {
    return this.#entries.batch([
      ...places.map(([hash, place]) => put(placeKey(hash), placeBytes(place))),
      put(factsKey(file.number), factsBytes(file)),
      put(MARK, this.#mark(range)),
    ])
  }

  /** Notes how far the chain is whole, or that nobody knows. */
  mark(range: StoredRange | undefined): Promise<void> {
    return this.#entries.batch([put(MARK, this.#mark(range))])
  }

  /** Forgets a file and what was in it. */
  async dropFile(
    number: number,
    hashes: readonly BlockHash[],
    range: StoredRange | undefined,
  ): Promise<void> {
    await this.#entries.batch([
      ...hashes.map((hash) => remove(placeKey(hash))),
      remove(factsKey(number)),
      put(MARK, this.#mark(range)),
    ])
  }

  forget(hash: BlockHash): Promise<void> {
    return this.#entries.batch([remove(placeKey(hash))])
  }

  /**
   * Forgets what a file has lost, and which range was whole.
   * @param size what it has.
   * @returns what it holds now.
   */
  async cut(file: FileFacts, size: number): Promise<FileFacts> {
    const kept: BlockPlace[] = []
    let lost: KeyValueOperation[] = []
    for await (const [key, value] of this.#under('b')) {
      const place = readPlace(key, value)
      if (place.file !== file.number) continue
      if (place.position + place.size <= size) kept.push(place)
      else lost.push(remove(key))
      if (lost.length < BATCH) continue
      await this.#entries.batch(lost)
      lost = []
    }
    const facts: FileFacts = {
      number: file.number,
      end: kept.reduce((end, place) => Math.max(end, place.position + place.size), 0),
      blocks: kept.length,
      highest: kept.reduce((highest, { height }) => Math.max(highest, height), 0),
    }
    await this.#entries.batch([
      ...lost,
      put(factsKey(file.number), factsBytes(facts)),
      put(MARK, this.#mark(undefined)),
    ])
    return facts
  }

  #mark(range: StoredRange | undefined): Uint8Array {
    const bytes = new Uint8Array(range === undefined ? MARK_SIZE : MARK_SIZE + RANGE_SIZE)
    bytes.set(this.#genesis)
    if (range === undefined) return bytes
    const view = new DataView(bytes.buffer, MARK_SIZE)
    view.setUint32(0, range.from)
    view.setUint32(4, range.tip.height)
    bytes.set(range.tip.hash, MARK_SIZE + 8)
    return bytes
  }

  async *#under(prefix: string): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
    const before = String.fromCharCode(prefix.charCodeAt(0) + 1)
    yield* this.#entries.entries({ from: prefix, before })
  }
}

const placeKey = (hash: BlockHash): string => `b${bytesToHex(hash)}`
const factsKey = (number: number): string => `f${number.toString(16).padStart(8, '0')}`
const put = (key: string, value: Uint8Array): KeyValueOperation => ({ type: 'put', key, value })
const remove = (key: string): KeyValueOperation => ({ type: 'delete', key })

function placeBytes({ file, position, size, checksum, height }: BlockPlace): Uint8Array {
  return concatBytes(numbers(file, position, size, height), checksum)
}

function readPlace(key: string, bytes: Uint8Array): BlockPlace {
  const isOld = bytes.length === OLD_PLACE_SIZE
  if (bytes.length !== PLACE_SIZE && !isOld) throw corrupt(key)
  const view = viewOf(bytes)
  return {
    file: view.getUint32(0),
    position: view.getUint32(4),
    size: view.getUint32(8),
    height: view.getUint32(isOld ? 16 : 12),
    checksum: isOld ? bytes.subarray(12, 16) : bytes.subarray(16),
  }
}

function factsBytes({ end, blocks, highest }: FileFacts): Uint8Array {
  return numbers(end, blocks, highest)
}

function readFacts(key: string, bytes: Uint8Array): FileFacts {
  if (bytes.length !== FACTS_SIZE) throw corrupt(key)
  const view = viewOf(bytes)
  return {
    number: Number.parseInt(key.slice(1), 16),
    end: view.getUint32(0),
    blocks: view.getUint32(4),
    highest: view.getUint32(8),
  }
}

function readRange(bytes: Uint8Array): StoredRange | undefined {
  if (bytes.length === 0) return undefined
  const view = viewOf(bytes)
  return {
    from: view.getUint32(0),
    tip: { height: view.getUint32(4), hash: asBlockHash(bytes.slice(8)) },
  }
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = viewOf(bytes)
  values.forEach((value, index) => view.setUint32(4 * index, value))
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function corrupt(key: string): NodeError {
  return new NodeError('store-corrupt', 'The index of the blocks does not read back.', { detail: key })
}
