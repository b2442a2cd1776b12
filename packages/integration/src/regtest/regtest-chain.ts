import {
  type Block,
  type BlockHash,
  type BlockHeader,
  bytesToHex,
  encodeBlock,
  regtest,
  type Transaction,
} from '@sapwood/wire-codec'
import { COINBASE_MATURITY, mineBlock } from './mine-block.ts'
import {
  dropScript,
  outputOf,
  spend,
  type SpendableOutput,
  WITNESS_OUTPUT_SCRIPT,
} from './regtest-transactions.ts'

/** Most headers of one answer (`MAX_HEADERS_RESULTS`). */
const MAX_HEADERS = 2_000
/** Seconds between two blocks, unless told otherwise. */
const BLOCK_SPACING = 600

/** How a chain is made. */
export interface RegtestChainOptions {
  /** Blocks to mine on the genesis block. Default: 0. */
  readonly blocks?: number
  /**
   * Transactions in each block beside the coinbase, once there are coins to spend (from block 101 on).
   * Default: 0.
   */
  readonly transactions?: number
  /**
   * Seconds since 1970 of the first block. Default: ten minutes after the genesis block, which makes a chain
   * repeatable.
   */
  readonly startTime?: number
  /** Seconds between two blocks. Default: 600. */
  readonly spacing?: number
  /** Makes its blocks differ from those of a chain with another name. */
  readonly name?: string
}

/** One block of a chain, in both forms. */
export interface RegtestBlock {
  readonly height: number
  readonly hash: BlockHash
  readonly block: Block
  /** The serialised block with its witnesses; made when it is first asked for. */
  readonly bytes: Uint8Array
}

/** What mined blocks hold. */
export interface MineOptions {
  /** Transactions in each block. Default: that of the chain. */
  readonly transactions?: number
  /** Transactions to put into the first of the blocks, before those of our own making. */
  readonly include?: readonly Transaction[]
}

/**
 * A valid regtest chain in memory, made with the wire codec alone: proof of work, coinbase heights, witness
 * commitments, and transactions with and without witness that spend matured coins. Bitcoin Core takes it
 * block by block (`submitblock`). The same options give the same chain.
 */
export class RegtestChain {
  readonly #blocks: RegtestBlock[]
  readonly #heights = new Map<string, number>()
  readonly #options: RegtestChainOptions
  readonly #tag: Uint8Array
  #coins: SpendableOutput[] = []

  constructor(options: RegtestChainOptions = {}, below: readonly RegtestBlock[] = []) {
    this.#options = options
    this.#tag = new TextEncoder().encode(options.name ?? '')
    this.#blocks = [...below]
    for (const { hash, height } of below) this.#heights.set(bytesToHex(hash), height)
    this.#heights.set(bytesToHex(regtest.genesisHash), 0)
    this.mine(options.blocks ?? 0)
  }

  /** Height of the last block; 0 for the genesis block alone. */
  get height(): number {
    return this.#blocks.length
  }

  /** Hash of the last block. */
  get tip(): BlockHash {
    return this.#blocks.at(-1)?.hash ?? regtest.genesisHash
  }

  /** All headers, from height 1 on. */
  get headers(): readonly BlockHeader[] {
    return this.#blocks.map(({ block }) => block.header)
  }

  /** The block at a height from 1 on; undefined above the tip. */
  at(height: number): RegtestBlock | undefined {
    return this.#blocks[height - 1]
  }

  heightOf(hash: BlockHash): number | undefined {
    return this.#heights.get(bytesToHex(hash))
  }

  byHash(hash: BlockHash): RegtestBlock | undefined {
    const height = this.heightOf(hash)
    return height === undefined ? undefined : this.at(height)
  }

  /** What `getheaders` asks for: headers after the first hash of `locator` that is ours, to `stopHash`. */
  headersAfter(
    locator: readonly BlockHash[],
    stopHash?: BlockHash,
    limit: number = MAX_HEADERS,
  ): BlockHeader[] {
    const start = locator.map((hash) => this.heightOf(hash)).find((height) => height !== undefined) ?? 0
    const stop = stopHash === undefined ? undefined : this.heightOf(stopHash)
    const end = Math.min(start + limit, stop === undefined || stop === 0 ? this.height : stop)
    return this.#blocks.slice(start, end).map(({ block }) => block.header)
  }

  /** Mines blocks on the tip; returns them. */
  mine(count: number, options: MineOptions = {}): readonly RegtestBlock[] {
    const mined: RegtestBlock[] = []
    for (let i = 0; i < count; i++) {
      const own = this.#makeTransactions(options.transactions ?? this.#options.transactions ?? 0)
      const transactions = [...(i === 0 ? (options.include ?? []) : []), ...own]
      mined.push(this.#append(transactions))
    }
    return mined
  }

  /**
   * Another chain with the same blocks up to a height, to mine a fork on.
   * @param name makes the fork's blocks differ from ours.
   */
  forkAt(height: number, name = 'fork'): RegtestChain {
    return new RegtestChain({ ...this.#options, blocks: 0, name }, this.#blocks.slice(0, height))
  }

  #append(transactions: readonly Transaction[]): RegtestBlock {
    const height = this.height + 1
    const { spacing = BLOCK_SPACING, startTime = regtest.genesis.time + spacing } = this.#options
    const time = startTime + (height - 1) * spacing
    const { block, hash } = mineBlock({ height, previous: this.tip, time, transactions, tag: this.#tag })
    const mined = new MinedBlock(height, hash, block)
    this.#blocks.push(mined)
    this.#heights.set(bytesToHex(hash), height)
    return mined
  }

  /**
   * Each spends one output to two: one with a witness to spend it by, one without; every second output is
   * spent on.
   */
  #makeTransactions(count: number): readonly Transaction[] {
    if (count === 0) return []
    const matured = this.at(this.height + 1 - COINBASE_MATURITY)
    if (matured !== undefined) this.#coins.push(outputOf(matured.block.transactions[0]!, 0))
    const made: Transaction[] = []
    while (made.length < count) {
      const coin = this.#coins.shift()
      if (coin === undefined) break
      const half = coin.value / 2n
      const data = Uint8Array.of(
        ...this.#tag,
        this.height & 0xff,
        (this.height >> 8) & 0xff,
        made.length & 0xff,
      )
      const transaction = spend(coin, [
        { value: coin.value - half, scriptPubKey: WITNESS_OUTPUT_SCRIPT },
        { value: half, scriptPubKey: dropScript(data) },
      ])
      made.push(transaction)
      this.#coins.push(outputOf(transaction, 0), outputOf(transaction, 1))
    }
    // Old coins are forgotten: a long chain would otherwise carry ever more of them.
    this.#coins = this.#coins.slice(-2 * count)
    return made
  }
}

class MinedBlock implements RegtestBlock {
  readonly height: number
  readonly hash: BlockHash
  readonly block: Block
  #bytes: Uint8Array | undefined

  constructor(height: number, hash: BlockHash, block: Block) {
    this.height = height
    this.hash = hash
    this.block = block
  }

  get bytes(): Uint8Array {
    this.#bytes ??= encodeBlock(this.block)
    return this.#bytes
  }
}
