import {
  type BlockHash,
  ByteReader,
  ByteWriter,
  bytesEqual,
  bytesToHex,
  concatBytes,
  decodeHeader,
  encodeHeader,
  HEADER_SIZE,
  hexToBytes,
  type Network,
  sha256,
} from '@sapwood/wire-codec'
import type { ChainCheckpoint } from './chain-checkpoint.ts'
import type { StorableHeaderChain } from './header-chain.ts'
import { HEADER_RECORD_SIZE } from './header-table.ts'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import type { KeyValueNamespace, KeyValueOperation, KeyValueStore } from '../store/key-value-store.ts'
import { checkStoreFormat, FORMAT_KEY } from '../store/store-format.ts'

/** Increased when what is stored changes its form. */
const FORMAT = 1
/** Bytes of the checksum in front of each run of records. */
const CHECKSUM_SIZE = 4
/**
 * Runs shorter than this are joined into runs of this many headers when they are read:
 * at the tip each block is one.
 */
const RUN_LENGTH = 2_000
/** Joining is put off until so many runs could be spared. */
const JOIN_WHEN_SPARED = 64

/** The block that the chain of a store begins with, where that is not genesis: height, work, header. */
const CHECKPOINT_KEY = 'checkpoint'
/** Bytes of the work: 128 bits. */
const WORK_SIZE = 16

/** What was found when the headers were read back. */
interface LoadedHeaders {
  /** Headers read, genesis not counted. */
  readonly headers: number
  /**
   * Runs of headers that did not read back whole, with all after them.
   * They are asked for again like any missing header.
   */
  readonly droppedRuns: number
}

/** A run of headers as it is stored: the slot of the first, and the checked records. */
interface Run {
  readonly key: string
  readonly first: number
  readonly records: Uint8Array
}

/** Keeps a header chain on disk: it only ever adds, in the order in which the headers came. */
export class HeaderStore {
  readonly #headers: KeyValueNamespace
  readonly #chainFacts: KeyValueNamespace
  /** Slots below this are stored. */
  #saved = 1
  #savedInvalid = 0
  #saving: Promise<void> = Promise.resolve()

  constructor(store: KeyValueStore) {
    this.#headers = store.namespace('headers')
    this.#chainFacts = store.namespace('chain')
  }

  /**
   * Where the chain of this store begins, whatever is asked for now: at what was asked for when it was new.
   * @param wanted For a new store.
   * @throws NodeError `store-foreign`, `store-corrupt`.
   */
  async checkpoint(
    wanted: ChainCheckpoint | undefined,
    network: Network,
  ): Promise<ChainCheckpoint | undefined> {
    const isNew = (await this.#chainFacts.get(FORMAT_KEY)) === undefined
    const more: KeyValueOperation[] =
      wanted === undefined ? [] : [{ type: 'put', key: CHECKPOINT_KEY, value: writeCheckpoint(wanted) }]
    await checkStoreFormat(this.#chainFacts, { format: FORMAT, network }, more)
    return isNew ? wanted : readCheckpoint(await this.#chainFacts.get(CHECKPOINT_KEY))
  }

  /**
   * Reads everything into a chain that holds nothing but genesis.
   * @throws NodeError `store-foreign` where the store is of another network or of a later version.
   */
  async load(chain: StorableHeaderChain): Promise<LoadedHeaders> {
    await checkStoreFormat(this.#chainFacts, { format: FORMAT, network: chain.network })
    const joins = new RunJoiner()
    const dropped: KeyValueOperation[] = []
    for await (const [key, value] of this.#headers.entries()) {
      const run = dropped.length > 0 ? undefined : readRun(key, value, this.#saved)
      if (run === undefined || !restored(chain, run)) {
        dropped.push({ type: 'delete', key })
        continue
      }
      this.#saved += run.records.length / HEADER_RECORD_SIZE
      joins.add(run)
    }
    const invalid = await this.#readInvalid()
    chain.finishRestore(invalid)
    this.#savedInvalid = chain.invalidated.length
    // Slots beyond `saved` would be taken for others after the next save.
    if (chain.size !== this.#saved)
      throw new NodeError('store-corrupt', 'A run of stored headers was read in part.')
    const changes = [...dropped, ...joins.operations()]
    if (changes.length > 0) await this.#headers.batch(changes)
    return { headers: this.#saved - 1, droppedRuns: dropped.length }
  }

  /**
   * Writes what the chain has and the store has not, at once or not at all.
   * A second call waits for the first.
   */
  async save(chain: StorableHeaderChain): Promise<void> {
    this.#saving = this.#saving.catch(() => undefined).then(async () => this.#write(chain))
    return this.#saving
  }

  async #write(chain: StorableHeaderChain): Promise<void> {
    const end = chain.size
    if (end > this.#saved) {
      const run = writeRun(this.#saved, chain.recordsFrom(this.#saved))
      await this.#headers.batch([run])
      this.#saved = end
    }
    const { invalidated } = chain
    if (invalidated.length > this.#savedInvalid) {
      const fresh = invalidated.slice(this.#savedInvalid)
      await this.#chainFacts.batch(
        fresh.map((hash) => ({
          type: 'put',
          key: `${INVALID_PREFIX}${bytesToHex(hash)}`,
          value: new Uint8Array(),
        })),
      )
      this.#savedInvalid = invalidated.length
    }
  }

  async #readInvalid(): Promise<BlockHash[]> {
    const hashes: BlockHash[] = []
    for await (const [key] of this.#chainFacts.entries()) {
      if (!key.startsWith(INVALID_PREFIX)) continue
      const hex = key.slice(INVALID_PREFIX.length)
      if (!A_HASH.test(hex))
        throw new NodeError('store-corrupt', 'What was found invalid does not read back.', { detail: key })
      hashes.push(hexToBytes(hex) as BlockHash)
    }
    return hashes
  }
}

const INVALID_PREFIX = 'invalid/'
const A_HASH = /^[0-9a-f]{64}$/

function writeCheckpoint({ height, header, chainWork }: ChainCheckpoint): Uint8Array {
  const work = hexToBytes(chainWork.toString(16).padStart(2 * WORK_SIZE, '0'))
  const content = new ByteWriter().u32(height).bytes(work).bytes(encodeHeader(header)).finish()
  return concatBytes(checksum(content), content)
}

function readCheckpoint(value: Uint8Array | undefined): ChainCheckpoint | undefined {
  if (value === undefined) return undefined
  const content = value.slice(CHECKSUM_SIZE)
  if (
    content.length !== 4 + WORK_SIZE + HEADER_SIZE ||
    !bytesEqual(value.subarray(0, CHECKSUM_SIZE), checksum(content))
  )
    throw new NodeError('store-corrupt', 'Where the stored headers begin does not read back.', {
      detail: CHECKPOINT_KEY,
    })
  const reader = new ByteReader(content)
  const height = reader.u32()
  const chainWork = BigInt(`0x${bytesToHex(reader.view(WORK_SIZE))}`)
  return { height, chainWork, header: decodeHeader(reader.rest()) }
}

/** Keys sort as their numbers do. */
function runKey(first: number): string {
  return first.toString(16).padStart(8, '0')
}

function writeRun(first: number, records: Uint8Array): KeyValueOperation {
  return { type: 'put', key: runKey(first), value: concatBytes(checksum(records), records) }
}

function readRun(key: string, value: Uint8Array, expected: number): Run | undefined {
  const records = value.subarray(CHECKSUM_SIZE)
  const whole = records.length > 0 && records.length % HEADER_RECORD_SIZE === 0
  if (key !== runKey(expected) || !whole) return undefined
  return bytesEqual(value.subarray(0, CHECKSUM_SIZE), checksum(records))
    ? { key, first: expected, records }
    : undefined
}

function restored(chain: StorableHeaderChain, { records }: Run): boolean {
  try {
    chain.restore(records)
    return true
  } catch (error) {
    if (isNodeError(error)) return false
    throw error
  }
}

function checksum(records: Uint8Array): Uint8Array {
  return sha256(records).subarray(0, CHECKSUM_SIZE)
}

/** Finds neighbouring short runs, and what to write so that they become one. */
class RunJoiner {
  readonly #operations: KeyValueOperation[] = []
  #pending: Run[] = []
  #pendingHeaders = 0
  #spared = 0

  add(run: Run): void {
    const count = run.records.length / HEADER_RECORD_SIZE
    if (count >= RUN_LENGTH || this.#pendingHeaders + count > 2 * RUN_LENGTH) this.#flush()
    if (count >= RUN_LENGTH) return
    this.#pending.push(run)
    this.#pendingHeaders += count
    if (this.#pendingHeaders >= RUN_LENGTH) this.#flush()
  }

  operations(): readonly KeyValueOperation[] {
    this.#flush()
    return this.#spared >= JOIN_WHEN_SPARED ? this.#operations : []
  }

  #flush(): void {
    const [first, ...rest] = this.#pending
    this.#pending = []
    this.#pendingHeaders = 0
    if (first === undefined || rest.length === 0) return
    this.#spared += rest.length
    for (const { key } of rest) this.#operations.push({ type: 'delete', key })
    this.#operations.push(
      writeRun(first.first, concatBytes(first.records, ...rest.map(({ records }) => records))),
    )
  }
}
