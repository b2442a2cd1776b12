import {
  type Block,
  buildBasicFilter,
  bytesEqual,
  filterHash,
  filterHeader,
  genesisBlock,
  type Hash256,
  type Network,
  type OutPoint,
  type Txid,
} from '@sapwood/wire-codec'
import { type BlockRef, type ChainAccess, type KeyValueNamespace, NodeError } from '@sapwood/node'
import type { SpentOutput } from '@sapwood/utreexo'
import { type BlockEffects, effectsOf } from './block-effects.ts'
import {
  type FilterEntry,
  filterHeaderKey,
  filterKey,
  type IndexUndo,
  MARK,
  outputKey,
  readCoin,
  readEntry,
  readFilterEntry,
  readMark,
  readPlace,
  readUndo,
  spendKey,
  transactionKey,
  type TransactionPlace,
  undoKey,
  writeCoin,
  writeFilterEntry,
  writeMark,
  writePlace,
  writeUndo,
} from './index-entries.ts'
import { WriteBuffer } from './write-buffer.ts'

/** Blocks that can be taken back one by one; a deeper reorganisation begins anew. */
const MAX_TAKEN_BACK = 288
/** Bytes that wait to be written. */
const MAX_BUFFERED = 16_777_216
/** Deletions of one batch where everything is forgotten. */
const DELETIONS_AT_A_TIME = 10_000
const NO_HEADER = new Uint8Array(32) as Uint8Array as Hash256

/** What an index has beside the unspent outputs, which it always has. */
interface IndexedTopics {
  /** BIP158 filters and their headers. */
  readonly filters: boolean
  /** Where each transaction is, and who spent each output. */
  readonly transactions: boolean
}

export interface IndexedChainParts {
  readonly entries: KeyValueNamespace
  readonly network: Network
  readonly chain: Pick<ChainAccess, 'hashAt' | 'medianTimePast'>
  readonly topics: IndexedTopics
}

/**
 * The unspent outputs after a block, and what is kept of the blocks up to it. What was put on or taken back
 * is there at once, and in the store with the next `flush`. One step at a time; its callers see to that.
 */
export class IndexedChain {
  readonly #parts: IndexedChainParts
  readonly #buffer: WriteBuffer
  /** Everything is to be forgotten, which the store has refused so far: what it still has may be a part. */
  #isToBegin = false
  tip: BlockRef

  private constructor(parts: IndexedChainParts, tip: BlockRef) {
    this.#parts = parts
    this.#buffer = new WriteBuffer(parts.entries)
    this.tip = tip
  }

  /** @throws NodeError `store-corrupt`; `store-foreign` for another network's, or one of other topics. */
  static async open(parts: IndexedChainParts): Promise<IndexedChain> {
    const { genesisHash } = parts.network
    const bytes = await parts.entries.get(MARK)
    const chain = new IndexedChain(parts, { height: 0, hash: genesisHash })
    if (bytes === undefined) {
      // What a start anew was killed in the middle of.
      await chain.#beginAnew()
      return chain
    }
    const mark = readEntry(MARK, bytes, readMark)
    if (!bytesEqual(mark.genesis, genesisHash))
      throw new NodeError('store-foreign', 'The index in this store is of another network.')
    chain.tip = mark.tip
    return chain
  }

  /** Bytes that are not in the store yet. */
  get unwritten(): number {
    return this.#buffer.bytes
  }

  /**
   * Puts a block on the tip.
   * @throws UtreexoError the block's fault; then nothing has changed.
   */
  async connect(block: Block, { height, hash }: BlockRef): Promise<void> {
    const { network, chain, topics } = this.#parts
    const effects = await effectsOf(block, height, (keys) => this.#readMany(keys, readCoin), {
      network,
      medianTimePast: (at) => {
        const below = chain.hashAt(at)
        return (below && chain.medianTimePast(below)) ?? 0
      },
    })
    if (topics.filters) await this.#addFilter(block, { height, hash }, effects.spentOutputs.flat())
    if (topics.transactions) this.#addTransactions(block, height, effects)
    for (const { outPoint } of effects.spent) this.#buffer.delete(outputKey(outPoint))
    // Coinbases of before BIP34 were made twice on mainnet.
    const isFresh = height > network.activationHeights.bip34
    for (const { outPoint, coin } of effects.created)
      this.#buffer.put(outputKey(outPoint), writeCoin(coin), isFresh)
    const transactions = block.transactions.map(({ outputs }, index) => ({
      txid: effects.txids[index]!,
      outputs: outputs.length,
    }))
    this.#buffer.put(
      undoKey(height),
      writeUndo({ previous: block.header.previousBlockHash, spent: effects.spent, transactions }),
    )
    if (height > MAX_TAKEN_BACK) this.#buffer.delete(undoKey(height - MAX_TAKEN_BACK))
    this.#moveTo({ height, hash })
    if (this.#buffer.bytes > MAX_BUFFERED) await this.flush()
  }

  /** Takes blocks back down to a height; where that lies too far back, all of them, to begin anew. */
  async rewind(height: number): Promise<void> {
    while (this.tip.height > height) {
      const key = undoKey(this.tip.height)
      const undo = await this.#buffer.get(key)
      if (undo === undefined) return await this.#beginAnew()
      this.#disconnect(readEntry(key, undo, readUndo))
    }
    await this.flush()
  }

  /** Brings all into the store, in one batch; where everything was to be forgotten, that first. */
  flush(): Promise<void> {
    return this.#isToBegin ? this.#beginAnew() : this.#buffer.flush()
  }

  output(outPoint: OutPoint): Promise<SpentOutput | undefined> {
    return this.#read(outputKey(outPoint), readCoin)
  }

  transaction(txid: Txid): Promise<TransactionPlace | undefined> {
    return this.#read(transactionKey(txid), readPlace)
  }

  spender(outPoint: OutPoint): Promise<TransactionPlace | undefined> {
    return this.#read(spendKey(outPoint), readPlace)
  }

  filter(height: number): Promise<Uint8Array | undefined> {
    return this.#found(filterKey(height))
  }

  filterEntry(height: number): Promise<FilterEntry | undefined> {
    return this.#read(filterHeaderKey(height), readFilterEntry)
  }

  /** What `filterEntry` gives for each: a remote asks for two thousand in a hundred bytes. */
  async filterEntries(heights: readonly number[]): Promise<(FilterEntry | undefined)[]> {
    if (this.#isToBegin) return heights.map(() => undefined)
    return this.#readMany(heights.map(filterHeaderKey), readFilterEntry)
  }

  #found(key: string): Promise<Uint8Array | undefined> {
    return this.#isToBegin ? Promise.resolve(undefined) : this.#buffer.get(key)
  }

  /** @throws NodeError `store-corrupt`, as whatever reads entries does. */
  async #read<T>(key: string, read: (bytes: Uint8Array) => T): Promise<T | undefined> {
    const bytes = await this.#found(key)
    return bytes && readEntry(key, bytes, read)
  }

  async #readMany<T>(keys: readonly string[], read: (bytes: Uint8Array) => T): Promise<(T | undefined)[]> {
    const found = await this.#buffer.getMany(keys)
    return found.map((bytes, index) => bytes && readEntry(keys[index]!, bytes, read))
  }

  async #addFilter(block: Block, { height, hash }: BlockRef, spent: readonly SpentOutput[]): Promise<void> {
    const filter = buildBasicFilter(
      block,
      spent.map(({ scriptPubKey }) => scriptPubKey),
    )
    const previous = height === 0 ? NO_HEADER : (await this.filterEntry(height - 1))?.header
    if (previous === undefined)
      throw new NodeError('store-foreign', 'The index in this store was made without filters.')
    const hashOfFilter = filterHash(filter)
    const header = filterHeader(hashOfFilter, previous)
    this.#buffer.put(filterKey(height), filter)
    this.#buffer.put(
      filterHeaderKey(height),
      writeFilterEntry({ blockHash: hash, filterHash: hashOfFilter, header }),
    )
  }

  #addTransactions(block: Block, height: number, { txids }: BlockEffects): void {
    block.transactions.forEach(({ inputs }, index) => {
      const place = writePlace({ height, index })
      this.#buffer.put(transactionKey(txids[index]!), place)
      if (index > 0)
        for (const { previousOutput } of inputs) this.#buffer.put(spendKey(previousOutput), place)
    })
  }

  #disconnect({ previous, spent, transactions }: IndexUndo): void {
    for (const { txid, outputs } of transactions) {
      this.#buffer.delete(transactionKey(txid))
      for (let index = 0; index < outputs; index++) {
        this.#buffer.delete(outputKey({ txid, index }))
        this.#buffer.delete(spendKey({ txid, index }))
      }
    }
    for (const { outPoint, coin } of spent) {
      this.#buffer.put(outputKey(outPoint), writeCoin(coin))
      this.#buffer.delete(spendKey(outPoint))
    }
    this.#buffer.delete(undoKey(this.tip.height))
    this.#buffer.delete(filterKey(this.tip.height))
    this.#buffer.delete(filterHeaderKey(this.tip.height))
    this.#moveTo({ height: this.tip.height - 1, hash: previous })
  }

  #moveTo(tip: BlockRef): void {
    this.#buffer.put(MARK, writeMark(tip, this.#parts.network.genesisHash))
    this.tip = tip
  }

  /**
   * Forgets everything, and begins with the first block. Where the store refuses a part of it, all of it is
   * still to be done: what is left of the old entries counts for nothing until then.
   */
  async #beginAnew(): Promise<void> {
    const { network, topics } = this.#parts
    const tip = { height: 0, hash: network.genesisHash }
    this.#isToBegin = true
    this.tip = tip
    this.#buffer.drop()
    await this.#forget()
    // What the first block pays cannot be spent.
    if (topics.filters) await this.#addFilter(genesisBlock(network), tip, [])
    this.#moveTo(tip)
    await this.#buffer.flush()
    this.#isToBegin = false
  }

  /** Forgets everything; the mark first, so that a kill in the middle of it is known for what it was. */
  async #forget(): Promise<void> {
    const { entries } = this.#parts
    await entries.batch([{ type: 'delete', key: MARK }])
    let keys: string[] = []
    const remove = async (): Promise<void> => {
      await entries.batch(keys.map((key) => ({ type: 'delete', key })))
      keys = []
    }
    for await (const [key] of entries.entries()) {
      keys.push(key)
      if (keys.length >= DELETIONS_AT_A_TIME) await remove()
    }
    await remove()
  }
}
