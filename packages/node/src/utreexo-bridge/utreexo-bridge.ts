/**
 * A bridge: it makes the proofs that nodes without a set of unspent outputs live by.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import {
  type BlockHash,
  bytesEqual,
  networkByName,
  selectUtreexoProof,
  Services,
  type UtreexoProofRequest,
} from '@sapwood/wire-codec'
import type { ServingContext } from '@sapwood/peer'
import { isUtreexoError, type Stump } from '@sapwood/utreexo'
import {
  addAbortListener,
  type Clock,
  FewAtOnce,
  guardedLogger,
  keepTrying,
  type Logger,
  MINUTE,
  removeAbortListener,
  systemClock,
  systemRandom,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import {
  type BlockStreamItem,
  type CallOptions,
  isNodeError,
  NodeError,
  type NodeHandle,
  type StandingOffer,
} from '../index.ts'
import { BLOCK_HOLD } from '../blocks/block-hold.ts'
import { checkedStore } from '../store/checked-store.ts'
import { BridgeChain } from './bridge-chain.ts'
import type {
  UtreexoBridge,
  UtreexoBridgeComponents,
  UtreexoBridgeInfo,
  UtreexoBridgeOptions,
} from './bridge-options.ts'
import { BridgeStore } from './bridge-store.ts'
import { Milestones } from './milestones.ts'

/** Where everything of a bridge is in its store. */
const NAMESPACE = 'utreexo-bridge'
/** Milliseconds after which what the store or the node refused is tried again. */
const RETRY_INTERVAL = 5_000
/** Milliseconds for which a call waits unless it says so. */
const DEFAULT_TIMEOUT = MINUTE
/**
 * Proofs and blocks that are read at a time. A part of a proof may be a few bytes of megabytes, and as many
 * ask as there are peers.
 */
const MAX_READS = 8
/** A `uproof` of nothing but its block: no hashes, no targets, no leaves. */
const EMPTY_PROOF_SIZE = 35

/**
 * Follows the chain of a node from its first block on, makes the Utreexo proof of each block (BIP181 to
 * BIP183), keeps it, and has the node serve it. Blocks are all that it needs of the node's peers. Scripts are
 * not validated: give the node peers that do (a bitcoind of one's own), or its proofs may be of a chain that
 * is none.
 * @returns once what the store has of it is in memory; it then goes on from there by itself.
 * @throws NodeError `store-corrupt`, `store-foreign`, `store-failed`.
 */
export async function createUtreexoBridge(
  node: NodeHandle,
  components: UtreexoBridgeComponents,
  options: UtreexoBridgeOptions = {},
): Promise<UtreexoBridge> {
  const { keepBlocks = true, network = networkByName(node.info().blockchain.chain) } = options
  const { store, clock = systemClock, random = systemRandom } = components
  const kept = new BridgeStore(checkedStore(store).namespace(NAMESPACE), {
    genesis: network.genesisHash,
    keepBlocks,
  })
  const logger = guardedLogger(components.logger)
  const seed = new DataView(random.bytes(4).slice().buffer).getInt32(0)
  const chain = await BridgeChain.open({ network, headers: node.chain, store: kept, seed })
  const bridge = new Bridge({ node, chain, store: kept, clock, logger, keepBlocks })
  bridge.start()
  return bridge
}

interface BridgeComponents {
  readonly node: NodeHandle
  readonly chain: BridgeChain
  readonly store: BridgeStore
  readonly clock: Clock
  readonly logger: Logger
  readonly keepBlocks: boolean
}

class Bridge implements UtreexoBridge {
  readonly #parts: BridgeComponents
  readonly #milestones = new Milestones()
  readonly #ending = new AbortController()
  readonly #reads = new FewAtOnce(MAX_READS)
  #offer: StandingOffer | undefined
  #running: Promise<void> | undefined
  /** Ends the reading of blocks. */
  #following: AbortController | undefined
  #isCaughtUp = false
  #stalledAt: UtreexoBridgeInfo['stalledAt']
  #proofsServed = 0
  #bytesServed = 0

  constructor(parts: BridgeComponents) {
    this.#parts = parts
  }

  start(): void {
    const { node, chain, keepBlocks, store } = this.#parts
    chain.listener = {
      written: () => this.#noteProgress(),
      failed: (error) => this.#following?.abort(error),
    }
    this.#noteProgress()
    this.#offer = node.serving.offer({
      bits: () => this.#bits(),
      isReady: (hash) => this.#isProved(hash),
      services: {
        utreexoProof: (request, context) => this.#serveProof(request, context),
        utreexoRoots: (hash, context) => this.#serveRoots(hash, context),
        ...(keepBlocks && {
          block: (hash: BlockHash, context: ServingContext) => this.#read(() => store.block(hash), context),
        }),
      },
    })
    this.#running = this.#run()
  }

  stump(): Stump {
    return this.#parts.chain.stump
  }

  info(): UtreexoBridgeInfo {
    const { tip, maker } = this.#parts.chain
    return {
      tip,
      liveLeaves: maker.liveLeaves,
      bytes: maker.bytes,
      caughtUp: this.#isCaughtUp,
      ...(this.#stalledAt !== undefined && { stalledAt: this.#stalledAt }),
      proofsServed: this.#proofsServed,
      bytesServed: this.#bytesServed,
    }
  }

  async waitForHeight(
    height: number,
    { signal, timeout = DEFAULT_TIMEOUT }: CallOptions = {},
  ): Promise<void> {
    const { clock } = this.#parts
    try {
      await withDeadline(
        clock,
        timeout,
        (deadline) => this.#whenWritten(height, deadline),
        signal && { signal },
      )
    } catch (error) {
      if (this.#ending.signal.aborted) throw new NodeError('stopped', 'The bridge has stopped.')
      if (signal?.aborted === true) throw error
      throw new NodeError('timeout', `Block ${height} could not be proved in time.`, { limit: timeout })
    }
  }

  async stop(): Promise<void> {
    this.#offer?.withdraw()
    this.#ending.abort(new NodeError('stopped', 'The bridge has stopped.'))
    this.#milestones.close()
    await this.#running
    const { chain, logger } = this.#parts
    await chain.settle().catch((error: unknown) => {
      logger.error({ err: error }, 'the last blocks of the Utreexo bridge could not be written')
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Follows the chain until the node or the bridge stops; what fails is told, and tried again. */
  #run(): Promise<void> {
    const { clock, logger } = this.#parts
    return keepTrying(() => this.#follow(), {
      clock,
      pause: RETRY_INTERVAL,
      signal: this.#ending.signal,
      onFailure: (error) => {
        if (isNodeError(error) && error.code === 'stopped') return false
        logger.error({ err: error }, 'the Utreexo bridge cannot go on, and will try again')
        return true
      },
    })
  }

  /**
   * Reads the chain from the last block on; that block itself comes once more,
   * so that a branch which was left meanwhile is noticed.
   * @throws NodeError also where the store refuses what is written meanwhile.
   */
  async #follow(): Promise<void> {
    const { node, chain } = this.#parts
    const following = new AbortController()
    const onEnd = (): void => following.abort(this.#ending.signal.reason)
    addAbortListener(this.#ending.signal, onEnd)
    this.#following = following
    const { signal } = following
    try {
      const from = Math.max(1, chain.head.height)
      for await (const item of node.blocks.follow({ from }, { signal })) {
        signal.throwIfAborted()
        if (!(await this.#take(item))) return
      }
    } finally {
      removeAbortListener(this.#ending.signal, onEnd)
      this.#following = undefined
    }
  }

  /** @returns false where the stream has to begin elsewhere. */
  async #take(item: BlockStreamItem): Promise<boolean> {
    const { chain } = this.#parts
    if (item.type === 'reorg') {
      const { height } = item.change.fork
      if (this.#stalledAt !== undefined && height < this.#stalledAt.height) this.#stalledAt = undefined
      await chain.rewind(height)
      this.#noteProgress()
      // A branch that is left too far back is forgotten whole.
      return chain.head.height >= Math.min(height, this.#stalledAt?.height ?? height)
    }
    if (this.#stalledAt !== undefined || bytesEqual(item.hash, chain.head.hash)) return true
    const { height, hash } = chain.head
    if (item.height !== height + 1 || !bytesEqual(item.block.header.previousBlockHash, hash)) {
      await chain.rewind(await chain.forkHeight())
      this.#noteProgress()
      return false
    }
    await this.#connect(item)
    return true
  }

  async #connect(item: Extract<BlockStreamItem, { readonly type: 'block' }>): Promise<void> {
    const { node, chain, logger } = this.#parts
    try {
      await chain.connect(item, item.height >= node.chain.tip().height)
    } catch (error) {
      if (!isUtreexoError(error) || error.fault !== 'block') throw error
      const { height, hash } = item
      this.#stalledAt = { height, hash, rule: error.code }
      // Nothing follows for now.
      chain.write()
      this.#milestones.passed()
      logger.warn({ err: error, height }, 'a block cannot be, and is refused')
      // Where it has left the best chain by itself, a reorganisation is on its way; else this brings one.
      if (node.chain.isActive(hash)) node.blocks.refuse(item, error.code)
      return
    }
    // Whoever waits for this block has it written.
    this.#milestones.passed()
  }

  #noteProgress(): void {
    const { node, chain } = this.#parts
    const { height, hash } = chain.tip
    if (height > 0 && bytesEqual(node.chain.tip().hash, hash)) this.#isCaughtUp = true
    this.#milestones.passed()
    this.#offer?.recheck()
  }

  #bits(): bigint {
    if (!this.#isCaughtUp) return Services.NONE
    const blocks = this.#parts.keepBlocks ? Services.NETWORK | Services.NETWORK_LIMITED : Services.NONE
    return Services.UTREEXO | Services.UTREEXO_ARCHIVE | blocks
  }

  #isProved(hash: BlockHash): boolean {
    const { node, chain } = this.#parts
    const height = node.chain.heightOf(hash)
    return (
      height !== undefined &&
      height <= chain.tip.height &&
      node.chain.isActive(hash) &&
      node.chain.isActive(chain.tip.hash)
    )
  }

  async #serveProof(request: UtreexoProofRequest, context: ServingContext): Promise<Uint8Array | undefined> {
    const { blockHash } = request
    const { store } = this.#parts
    await this.#hold(blockHash, context)
    const payload = await this.#read(async () => {
      const whole = this.#isGenesis(blockHash) ? emptyProof(blockHash) : await store.proof(blockHash)
      const select = (): Uint8Array | undefined => whole && selectUtreexoProof(whole, request)
      return context.work === undefined ? select() : await context.work(select)
    }, context)
    if (payload === undefined) return undefined
    this.#proofsServed++
    this.#bytesServed += payload.length
    return payload
  }

  /** In its turn; undefined where whoever asked has gone before it. */
  async #read<T>(work: () => Promise<T>, { signal }: ServingContext): Promise<T | undefined> {
    try {
      return await this.#reads.run(work, signal)
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }

  async #serveRoots(hash: BlockHash, context: ServingContext): Promise<Uint8Array | undefined> {
    const { node, chain } = this.#parts
    await this.#hold(hash, context)
    const height = node.chain.heightOf(hash)
    return height === undefined ? undefined : await chain.roots(hash, height)
  }

  /**
   * Waits where a block of the best chain is about to be proved: whoever has heard of it elsewhere asks once.
   */
  async #hold(hash: BlockHash, { signal }: ServingContext): Promise<void> {
    const { node, chain, clock } = this.#parts
    const height = node.chain.heightOf(hash)
    if (height === undefined || height <= chain.tip.height || !node.chain.isActive(hash)) return
    const isOver = (): boolean => this.#stalledAt !== undefined && chain.head.height < height
    await withDeadline(clock, BLOCK_HOLD, (deadline) => this.#whenWritten(height, deadline, isOver), {
      signal,
    }).catch(() => undefined)
  }

  /** Waits until the block at a height can be served, or `isOver`. */
  async #whenWritten(
    height: number,
    signal: AbortSignal,
    isOver: () => boolean = () => false,
  ): Promise<void> {
    const { chain } = this.#parts
    while (chain.tip.height < height && !isOver()) {
      if (chain.head.height >= height) chain.write()
      await this.#milestones.next(signal)
    }
  }

  #isGenesis(hash: BlockHash): boolean {
    const genesis = this.#parts.node.chain.hashAt(0)
    return genesis !== undefined && bytesEqual(genesis, hash)
  }
}

function emptyProof(hash: BlockHash): Uint8Array {
  const payload = new Uint8Array(EMPTY_PROOF_SIZE)
  payload.set(hash)
  return payload
}
