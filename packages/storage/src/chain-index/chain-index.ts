import { bytesEqual, type Network, networkByName, type OutPoint, type Txid } from '@sapwood/wire-codec'
import { isUtreexoError, type SpentOutput } from '@sapwood/utreexo'
import {
  type BlockRef,
  type BlockStreamItem,
  type CallOptions,
  isNodeError,
  type KeyValueStore,
  NodeError,
  type NodeHandle,
} from '@sapwood/node'
import {
  type Clock,
  guardedLogger,
  keepTrying,
  type Logger,
  systemClock,
  WakeUp,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import { FilterAnswers } from './filter-answers.ts'
import type { FilterEntry, TransactionPlace } from './index-entries.ts'
import { IndexedChain } from './indexed-chain.ts'

/** Where everything of an index is in its store. */
const NAMESPACE = 'chain-index'
/** Milliseconds after which what the store or the node refused is tried again. */
const INDEX_RETRY = 5_000
/** Milliseconds for which a call waits unless it says so. */
const DEFAULT_TIMEOUT = 60_000

/** What is indexed beside the unspent outputs. */
export interface ChainIndexOptions {
  /** BIP158 filters and their headers. Default: true. */
  readonly filters?: boolean
  /** Where each transaction is, and who spent each output. Default: false. */
  readonly transactions?: boolean
  /** The node's network, where it is none that `networkByName` of the wire codec knows. */
  readonly network?: Network
}

/** What the index works with. */
export interface ChainIndexComponents {
  /** What outlives the index. May be the node's own: nothing meets. */
  readonly store: KeyValueStore
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: silent. */
  readonly logger?: Logger
}

/** A filter with the header that ends the chain of filters up to it. */
export interface KeptFilter extends FilterEntry {
  readonly filter: Uint8Array
}

/** What is known of all blocks up to `tip`. */
export interface ChainIndex extends AsyncDisposable {
  /** The last block that is in it. */
  readonly tip: BlockRef
  /**
   * Whether it has been at the tip of the node's chain, from when on filters are offered; not while it begins
   * anew, after a reorganisation of more than 288 blocks.
   */
  readonly caughtUp: boolean
  /** A block that cannot be, which has been refused: until the best chain has left it. */
  readonly stalledAt: (BlockRef & { readonly rule: string }) | undefined
  /**
   * An output that is unspent after `tip`.
   * @throws NodeError `store-corrupt` where an entry does not read back, as the three below do.
   */
  output(outPoint: OutPoint): Promise<SpentOutput | undefined>
  /** Where a transaction is; with the option `transactions`. */
  transaction(txid: Txid): Promise<TransactionPlace | undefined>
  /** Where an output was spent; with the option `transactions`. */
  spender(outPoint: OutPoint): Promise<TransactionPlace | undefined>
  /** The filter of a block of the best chain; with the option `filters`. */
  filter(height: number): Promise<KeptFilter | undefined>
  /** What serves the filters; undefined without the option. */
  readonly filterServices: FilterAnswers | undefined
  /**
   * Resolves when the block at this height is in it.
   * @throws NodeError `timeout`, `stopped`.
   */
  waitForHeight(height: number, options?: CallOptions): Promise<void>
  /** Takes no more, and writes what has been taken. @throws NodeError where that fails. */
  stop(): Promise<void>
}

/**
 * Follows the chain of a node from its first block on and keeps what follows from the blocks: the unspent
 * outputs, compact filters (BIP157, BIP158), transactions. What a block spends is checked on the way: that it
 * is there, once, its amount, its age, BIP68's locks; a block that cannot be is refused. Scripts are not run.
 * @returns once what the store has of it has been found; it then goes on from there by itself.
 * @throws NodeError `store-corrupt`, `store-foreign`, `store-failed`.
 */
export async function createChainIndex(
  node: NodeHandle,
  components: ChainIndexComponents,
  options: ChainIndexOptions = {},
): Promise<ChainIndex> {
  const { store, clock = systemClock } = components
  const logger = guardedLogger(components.logger)
  const { filters = true, transactions = false } = options
  const network = options.network ?? networkByName(node.info().blockchain.chain)
  const indexed = await IndexedChain.open({
    entries: store.namespace(NAMESPACE),
    network,
    chain: node.chain,
    topics: { filters, transactions },
  })
  const index = new FollowingIndex({ node, indexed, clock, logger, filters })
  index.start()
  return index
}

interface FollowingIndexParts {
  readonly node: NodeHandle
  readonly indexed: IndexedChain
  readonly clock: Clock
  readonly logger: Logger
  readonly filters: boolean
}

class FollowingIndex implements ChainIndex {
  readonly filterServices: FilterAnswers | undefined
  readonly #parts: FollowingIndexParts
  readonly #ending = new AbortController()
  readonly #step = new WakeUp()
  #running: Promise<void> | undefined
  #isCaughtUp = false
  stalledAt: ChainIndex['stalledAt']

  constructor(parts: FollowingIndexParts) {
    this.#parts = parts
    if (parts.filters) this.filterServices = new FilterAnswers(parts.node.chain, parts.indexed)
  }

  start(): void {
    this.#passed()
    this.#running = this.#run()
  }

  get tip(): BlockRef {
    return this.#parts.indexed.tip
  }

  get caughtUp(): boolean {
    return this.#isCaughtUp
  }

  output(outPoint: OutPoint): Promise<SpentOutput | undefined> {
    return this.#parts.indexed.output(outPoint)
  }

  transaction(txid: Txid): Promise<TransactionPlace | undefined> {
    return this.#parts.indexed.transaction(txid)
  }

  spender(outPoint: OutPoint): Promise<TransactionPlace | undefined> {
    return this.#parts.indexed.spender(outPoint)
  }

  async filter(height: number): Promise<KeptFilter | undefined> {
    const { indexed } = this.#parts
    const [entry, filter] = await Promise.all([indexed.filterEntry(height), indexed.filter(height)])
    return entry && filter && { ...entry, filter }
  }

  async waitForHeight(
    height: number,
    { signal, timeout = DEFAULT_TIMEOUT }: CallOptions = {},
  ): Promise<void> {
    try {
      await withDeadline(
        this.#parts.clock,
        timeout,
        async (deadline) => {
          while (this.tip.height < height) await this.#next(deadline)
        },
        signal && { signal },
      )
    } catch (error) {
      if (this.#ending.signal.aborted) throw new NodeError('stopped', 'The index has stopped.')
      if (signal?.aborted === true) throw error
      throw new NodeError('timeout', `Block ${height} is not in the index in time.`, { limit: timeout })
    }
  }

  async stop(): Promise<void> {
    this.#ending.abort(new NodeError('stopped', 'The index has stopped.'))
    this.#step.ring()
    await this.#running
    await this.#parts.indexed.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Follows the chain until the node or the index stops; what fails is told, and tried again. */
  #run(): Promise<void> {
    const { clock, logger } = this.#parts
    const { signal } = this.#ending
    return keepTrying(() => this.#follow(signal), {
      clock,
      pause: INDEX_RETRY,
      signal,
      onFailure: (error) => {
        if (isNodeError(error) && error.code === 'stopped') return false
        logger.error({ err: error }, 'the index cannot go on, and will try again')
        return true
      },
    })
  }

  /** Reads from the tip on; that block itself comes once more, so that a branch that was left is noticed. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { node, indexed } = this.#parts
    // What the store has refused is written before there is more of it: or memory would fill up.
    await indexed.flush()
    this.#passed()
    const from = Math.max(1, indexed.tip.height)
    for await (const item of node.blocks.follow({ from }, { signal }))
      if (signal.aborted || !(await this.#take(item))) return
  }

  /** @returns false where the stream has to begin elsewhere. */
  async #take(item: BlockStreamItem): Promise<boolean> {
    const { node, indexed } = this.#parts
    if (item.type === 'reorg') {
      const { height } = item.change.fork
      if (this.stalledAt !== undefined && height < this.stalledAt.height) this.stalledAt = undefined
      const isBelow = indexed.tip.height <= height
      await this.#rewind(height)
      return isBelow || indexed.tip.height === height
    }
    if (this.stalledAt !== undefined || bytesEqual(item.hash, indexed.tip.hash)) return true
    const { height, hash } = indexed.tip
    if (item.height !== height + 1 || !bytesEqual(item.block.header.previousBlockHash, hash)) {
      await this.#rewind(node.chain.forkPoint(hash)?.height ?? 0)
      return false
    }
    await this.#connect(item)
    return true
  }

  /** What was taken back is not there any more, also where the store refuses to write that down. */
  async #rewind(height: number): Promise<void> {
    try {
      await this.#parts.indexed.rewind(height)
    } finally {
      this.#passed()
    }
  }

  async #connect(item: Extract<BlockStreamItem, { readonly type: 'block' }>): Promise<void> {
    const { node, indexed, logger } = this.#parts
    const { height, hash } = item
    try {
      await indexed.connect(item.block, { height, hash })
    } catch (error) {
      if (!isUtreexoError(error) || error.fault !== 'block') throw error
      this.stalledAt = { height, hash, rule: error.code }
      logger.warn({ err: error, height }, 'a block cannot be, and is refused')
      if (node.chain.isActive(hash)) node.blocks.refuse(item, error.code)
      return
    }
    // While there are many the buffer says when they are written.
    if (bytesEqual(node.chain.tip().hash, hash)) await indexed.flush()
    this.#passed()
  }

  #passed(): void {
    const { node, indexed } = this.#parts
    const { height, hash } = indexed.tip
    // One that begins anew has nothing of what it would offer.
    if (height === 0) this.#isCaughtUp = false
    else if (bytesEqual(node.chain.tip().hash, hash)) this.#isCaughtUp = true
    this.#step.ring()
  }

  /** Resolves at the next step; rejects when there will be none, or the signal fires. */
  async #next(signal: AbortSignal): Promise<void> {
    this.#ending.signal.throwIfAborted()
    await this.#step.wait(signal)
    signal.throwIfAborted()
    this.#ending.signal.throwIfAborted()
  }
}
