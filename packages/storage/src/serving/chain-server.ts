import {
  type Block,
  type BlockHash,
  buildCompactBlock,
  bytesEqual,
  bytesToHex,
  decodeBlock,
  encodeBlock,
  encodePayload,
  genesisBlock,
  type Network,
  networkByName,
  Services,
} from '@sapwood/wire-codec'
import {
  type BlockStore,
  NODE_NETWORK_LIMITED_MIN_BLOCKS,
  NodeError,
  type NodeHandle,
  type OfferedServices,
  type StandingOffer,
} from '@sapwood/node'
import { aCount, aNetwork, optionsOf } from '@sapwood/wire-codec/arguments'
import type { CompactFilter, PeerId, PeerServices, ServingContext } from '@sapwood/peer'
import { type Clock, type Random, systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import type { ChainIndex } from '../chain-index/chain-index.ts'
import { answerTo, type BlockAnswer } from './block-rules.ts'
import { UploadTarget } from './upload-target.ts'

/** Blocks below the tip that are served as compact ones (Core, `MAX_CMPCTBLOCK_DEPTH`). */
const MAX_CMPCTBLOCK_DEPTH = 5
/** Blocks below the tip of which single transactions are served (Core, `MAX_BLOCKTXN_DEPTH`). */
const MAX_BLOCKTXN_DEPTH = 10
/** Blocks that the store may be behind the headers while the service bits are offered. */
const MAX_BLOCKS_BEHIND = 2

/** Damaged blocks that are fetched at a time. */
const MAX_FETCHED_AGAIN = 4

/** How much is served, and of which network. */
export interface ChainServerOptions {
  /** Bytes a day, beyond which no old blocks are served (Core, `-maxuploadtarget`). Default: no limit. */
  readonly uploadTarget?: number
  /** The node's network, where it is none that `networkByName` of the wire codec knows. */
  readonly network?: Network
}

const chainServerOptions = optionsOf<ChainServerOptions>({ uploadTarget: aCount, network: aNetwork })

/** What is served from. */
export interface ChainServerComponents {
  /** That of the node. */
  readonly blockStore: BlockStore
  /** Its filters are served once it has been at the tip, where it has any. */
  readonly index?: Pick<ChainIndex, 'caughtUp' | 'filterServices'>
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
}

/** What is served of a chain. */
export interface ChainServerInfo {
  /** Service bits of now. */
  readonly services: bigint
  /** Blocks given out whole, and their bytes, since the start. */
  readonly blocks: number
  readonly blockBytes: number
  /** Compact filters given out. */
  readonly filters: number
  /** Bytes of the day so far that the upload target counts. */
  readonly uploaded: number
  /** Peers that were let go because they asked for what is not served to them. */
  readonly refused: number
}

/** Serves what a node keeps. */
export interface ChainServer extends AsyncDisposable {
  info(): ChainServerInfo
  /** Serves nothing more. */
  stop(): Promise<void>
}

/**
 * Serves the blocks of a node's block store to its peers, by Bitcoin Core's rules: whole, compact, and single
 * transactions of the last ones. The service bits say what is there for each handshake: `NETWORK` where the
 * chain is whole, `NETWORK_LIMITED` where its last 288 blocks are.
 * @throws NodeError `invalid-argument`.
 */
export function serveChain(
  node: NodeHandle,
  components: ChainServerComponents,
  options: ChainServerOptions = {},
): ChainServer {
  const fault = chainServerOptions(options, 'serveChain: options')
  if (fault !== undefined) throw new NodeError('invalid-argument', fault)
  return new Server(node, components, options)
}

class Server implements ChainServer {
  readonly #node: NodeHandle
  readonly #store: BlockStore
  readonly #index: ChainServerComponents['index']
  readonly #clock: Clock
  readonly #random: Random
  readonly #network: Network
  readonly #target: UploadTarget
  readonly #genesis: Uint8Array
  readonly #offer: StandingOffer
  /**
   * By the hex of the block's hash, the last that were made, as many as are served: whoever hears of a new
   * block asks for it, and one costs more to make than to ask for.
   */
  readonly #compact = new Map<string, Uint8Array>()
  /** Blocks that did not read back, and are being fetched, by the hex of the hash. */
  readonly #fetching = new Set<string>()
  /** Peers whose connection is being ended. */
  readonly #leaving = new Set<PeerId>()
  #blocks = 0
  #blockBytes = 0
  #filters = 0
  #refused = 0

  constructor(
    node: NodeHandle,
    { blockStore, index, clock = systemClock, random = systemRandom }: ChainServerComponents,
    { uploadTarget = Infinity, network = networkByName(node.info().blockchain.chain) }: ChainServerOptions,
  ) {
    this.#node = node
    this.#store = blockStore
    this.#index = index
    this.#clock = clock
    this.#random = random
    this.#network = network
    this.#target = new UploadTarget(uploadTarget)
    this.#genesis = encodeBlock(genesisBlock(network))
    const services: OfferedServices = {
      block: (hash, context) => this.#block(hash, context),
      compactBlock: (hash, context) => this.#compactBlock(hash, context),
      blockTransactions: (query, context) => this.#blockTransactions(query, context),
      ...this.#filterServices(),
    }
    this.#offer = node.serving.offer({ bits: () => this.#bits(), services })
  }

  info(): ChainServerInfo {
    return {
      services: this.#bits(),
      blocks: this.#blocks,
      blockBytes: this.#blockBytes,
      filters: this.#filters,
      uploaded: this.#target.bytes(this.#clock.now()),
      refused: this.#refused,
    }
  }

  stop(): Promise<void> {
    this.#offer.withdraw()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #bits(): bigint {
    const filters = this.#index?.filterServices !== undefined && this.#index.caughtUp
    return this.#blockBits() | (filters ? Services.COMPACT_FILTERS : Services.NONE)
  }

  #blockBits(): bigint {
    const { chain } = this.#node
    const { range } = this.#store.stored()
    const fork = range && chain.forkPoint(range.tip.hash)
    if (range === undefined || fork === undefined) return Services.NONE
    const tip = chain.tip().height
    if (tip - fork.height > MAX_BLOCKS_BEHIND) return Services.NONE
    if (range.from <= 1) return Services.NETWORK | Services.NETWORK_LIMITED
    return range.from <= tip - NODE_NETWORK_LIMITED_MIN_BLOCKS + 1 ? Services.NETWORK_LIMITED : Services.NONE
  }

  #filterServices(): OfferedServices {
    const services = this.#index?.filterServices
    if (services === undefined) return {}
    return {
      compactFilters: (query) => {
        const found = services.compactFilters(query)
        return 'invalid' in found ? found : this.#counted(found)
      },
      compactFilterHeaders: (query) => services.compactFilterHeaders(query),
      compactFilterCheckpoints: (query) => services.compactFilterCheckpoints(query),
    }
  }

  async *#counted(
    filters: AsyncIterable<CompactFilter> | Iterable<CompactFilter>,
  ): AsyncGenerator<CompactFilter, void, undefined> {
    for await (const filter of filters) {
      this.#filters += 1
      yield filter
    }
  }

  async #block(hash: BlockHash, { peer }: ServingContext): Promise<Uint8Array | undefined> {
    const answer = this.#answer(hash)
    if (answer === 'over-target' || answer === 'too-old') this.#letGo(peer, answer)
    if (answer !== 'serve') return undefined
    const bytes = await this.#bytes(hash)
    if (bytes === undefined) {
      this.#fetchAgain(hash)
      return undefined
    }
    this.#blocks += 1
    this.#blockBytes += bytes.length
    return this.#given(bytes)
  }

  async #compactBlock(hash: BlockHash, context: ServingContext): Promise<Uint8Array | undefined> {
    if (!this.#isWithin(MAX_CMPCTBLOCK_DEPTH, hash)) return undefined
    const key = bytesToHex(hash)
    const bytes = this.#compact.has(key) ? undefined : await this.#served(hash)
    // Another may have made it meanwhile, while the bytes were read or this one's turn was waited for.
    if (!this.#compact.has(key) && bytes !== undefined)
      await worked(context, () => this.#compact.has(key) || this.#makeCompact(key, decodeBlock(bytes)))
    const payload = this.#compact.get(key)
    return payload && this.#given(payload)
  }

  #makeCompact(key: string, block: Block): void {
    const nonce = new DataView(this.#random.bytes(8).slice().buffer).getBigUint64(0)
    const { payload } = encodePayload({
      type: 'cmpctblock',
      compactBlock: buildCompactBlock(block, { nonce }),
    })
    this.#compact.set(key, payload)
    for (const oldest of this.#compact.keys()) {
      if (this.#compact.size <= MAX_CMPCTBLOCK_DEPTH + 1) break
      this.#compact.delete(oldest)
    }
  }

  /** Counts what goes out, each time that it does. */
  #given(bytes: Uint8Array): Uint8Array {
    this.#target.served(bytes.length, this.#clock.now())
    return bytes
  }

  async #blockTransactions(
    { blockHash, indexes }: Parameters<NonNullable<PeerServices['blockTransactions']>>[0],
    context: ServingContext,
  ): Promise<Awaited<ReturnType<NonNullable<PeerServices['blockTransactions']>>>> {
    // Whoever asks for what is further down fetches the block, as from Core.
    if (!this.#isWithin(MAX_BLOCKTXN_DEPTH, blockHash)) return 'whole-block'
    const bytes = await this.#served(blockHash)
    if (bytes === undefined) return undefined
    const chosen = await worked(context, () => {
      const { transactions } = decodeBlock(bytes)
      return indexes.flatMap((index) => transactions[index] ?? [])
    })
    return chosen.length === indexes.length ? chosen : { invalid: 'index past the end of the block' }
  }

  async #served(hash: BlockHash): Promise<Uint8Array | undefined> {
    return this.#answer(hash) === 'serve' ? await this.#bytes(hash) : undefined
  }

  async #bytes(hash: BlockHash): Promise<Uint8Array | undefined> {
    if (bytesEqual(hash, this.#network.genesisHash)) return this.#genesis
    return await this.#store.get(hash)
  }

  /** What ought to be there, and does not read back, the node fetches, and puts it there. */
  #fetchAgain(hash: BlockHash): void {
    const { range } = this.#store.stored()
    const height = this.#node.chain.heightOf(hash)
    if (range === undefined || height === undefined || !this.#node.chain.isActive(hash)) return
    if (height < range.from || height > range.tip.height) return
    const key = bytesToHex(hash)
    if (this.#fetching.size >= MAX_FETCHED_AGAIN || this.#fetching.has(key)) return
    this.#fetching.add(key)
    // Where no peer has it, whoever asks next brings it up again.
    const fetched = this.#node.blocks.getBlock(hash).catch(() => undefined)
    void fetched.finally(() => this.#fetching.delete(key))
  }

  #answer(hash: BlockHash): BlockAnswer {
    return answerTo(hash, this.#node.chain, {
      servesAll: (this.#store.stored().range?.from ?? Infinity) <= 1,
      isOverTarget: this.#target.isReachedForOldBlocks(this.#clock.now()),
      targetSpacing: this.#network.proofOfWork.targetSpacing,
    })
  }

  #isWithin(depth: number, hash: BlockHash): boolean {
    const { chain } = this.#node
    const height = chain.heightOf(hash)
    return height !== undefined && height >= chain.tip().height - depth
  }

  #letGo(peer: PeerId, why: BlockAnswer): void {
    // The node asks again for a block that may be on its way, until the connection has ended.
    if (this.#leaving.has(peer)) return
    this.#leaving.add(peer)
    this.#refused += 1
    const detail = why === 'too-old' ? 'asked for a block that is not kept' : 'upload target is met'
    // It may have gone by itself.
    const gone = this.#node.disconnectPeer(peer, { detail }).catch(() => undefined)
    void gone.finally(() => this.#leaving.delete(peer))
  }
}

/** What takes longer than the remote's own message did is done in its turn, where there are turns. */
async function worked<T>({ work }: ServingContext, task: () => T): Promise<T> {
  return work === undefined ? task() : await work(task)
}
