import { type Block, type BlockHash, bytesEqual, encodePayload, type Network } from '@sapwood/wire-codec'
import {
  blockChanges,
  type BridgeTip,
  type ChainFacts,
  type ConnectedBlock,
  type ProofMaker,
  Stump,
} from '@sapwood/utreexo'
import type { HeaderChain } from '../index.ts'
import type { BridgeStore } from './bridge-store.ts'

/** A block as the node delivers it. */
export interface BridgeBlock {
  readonly height: number
  readonly hash: BlockHash
  readonly block: Block
}

/** Headers of the node, forks included. */
export type BridgeHeaders = Pick<HeaderChain, 'hashAt' | 'medianTimePast'>

/** Blocks that are gathered for one write, at most, and bytes of what they change. */
const BLOCKS_AT_ONCE = 16
const BYTES_AT_ONCE = 4_000_000
/** Bytes that may wait to be written before more is connected. */
const MAX_UNWRITTEN_BYTES = 16_000_000

/** A block that is connected and not in the store. */
interface Unwritten {
  readonly connected: ConnectedBlock
  readonly below: BridgeTip
}

/** Told what comes of writing, which nobody waits for. */
export interface BridgeChainListener {
  /** The tip has risen. */
  readonly written: () => void
  /** The store has refused what was to be written: all that is above the tip has been taken back. */
  readonly failed: (error: Error) => void
}

/**
 * The machine and its store as one. The machine goes ahead, and several blocks are written at once, all or
 * none, while the next are connected; none is told of before it is in the store, and where the store refuses
 * them the machine goes back. One step at a time; its callers see to that.
 */
export class BridgeChain {
  readonly #network: Network
  readonly #headers: BridgeHeaders
  readonly #store: BridgeStore
  readonly #seed: number
  #maker: ProofMaker
  /** In their order. */
  readonly #unwritten: Unwritten[] = []
  /** How many of them are being written: the first. */
  #leaving = 0
  #writing: Promise<void> | undefined
  /** What is connected is to be written as soon as what is being written is. */
  #isWanted = false
  /** Why blocks were taken back, the last time that they were. */
  #failure: Error | undefined
  /** Everything is to be forgotten, and has not been yet. */
  #isClearing = false
  listener: BridgeChainListener = { written: () => undefined, failed: () => undefined }

  private constructor(parts: BridgeChainComponents, maker: ProofMaker) {
    this.#network = parts.network
    this.#headers = parts.headers
    this.#store = parts.store
    this.#seed = parts.seed
    this.#maker = maker
    this.tip = maker.tip
    this.stump = maker.stump()
  }

  /** @throws NodeError as `BridgeStore.load`. */
  static async open(parts: BridgeChainComponents): Promise<BridgeChain> {
    return new BridgeChain(parts, await parts.store.load(parts.seed))
  }

  /** The last block that is in the store. */
  tip: BridgeTip
  /** The state after it. */
  stump: Stump

  /** The last block that is connected: the tip, or above it. */
  get head(): BridgeTip {
    return this.#isClearing ? this.tip : this.#maker.tip
  }

  get maker(): ProofMaker {
    return this.#maker
  }

  /**
   * Puts a block on the head. It is written soon where `isLast`, else with those that follow.
   * @throws UtreexoError the block's fault; NodeError where the store refuses what came before, all of which
   * has then been taken back. In either case nothing has changed but that.
   */
  async connect({ height, block }: BridgeBlock, isLast = true): Promise<void> {
    if (this.#isClearing) await this.#clear()
    this.#failure = undefined
    while (this.#writing !== undefined && this.#store.unwrittenBytes >= MAX_UNWRITTEN_BYTES)
      await this.#writing
    const below = this.#maker.tip
    const changes = blockChanges(block, height)
    const outputs = await this.#store.outputs(changes.toProve.map(({ input }) => input.previousOutput))
    this.#refuseFailed()
    const connected = this.#maker.connect(block, changes, outputs, this.#facts())
    this.#store.add(connected, block)
    this.#unwritten.push({ connected, below })
    if (isLast || this.#isBatchFull) this.write()
  }

  /** Has what is connected written without waiting for more of it. */
  write(): void {
    this.#isWanted = this.#writing !== undefined
    if (this.#isWanted || this.#unwritten.length === 0) return
    const writing = this.#write()
    this.#writing = writing
    // Whoever waits for it learns of it; the listener does in any case.
    writing.catch(() => undefined)
  }

  /** Waits until all that is connected is in the store. @throws NodeError where the store refuses it. */
  async settle(): Promise<void> {
    for (;;) {
      this.write()
      if (this.#writing === undefined) return
      await this.#writing
    }
  }

  /**
   * Takes blocks back down to a height; where that lies too far back, all of them, to begin anew.
   * @throws NodeError where the store refuses it; then the tip is as far down as it came.
   */
  async rewind(height: number): Promise<void> {
    if (this.#isClearing) await this.#clear()
    if (this.head.height > height) await this.settle()
    while (this.tip.height > height) {
      const undo = await this.#store.undo(this.tip.height)
      const below = await this.#below()
      if (undo === undefined || below === undefined) {
        await this.#clear()
        return
      }
      const tip = this.tip
      // Told first: what is taken back is not served any more.
      this.tip = below
      try {
        await this.#store.disconnected(tip, undo, below)
      } catch (error) {
        this.tip = tip
        throw error
      }
      this.#maker.disconnect(undo.forest, below)
      this.stump = this.#maker.stump()
    }
  }

  /** Height of the last block that the bridge and the node's best chain have in common. */
  async forkHeight(): Promise<number> {
    await this.settle()
    for (let height = this.tip.height; height > 0; height--) {
      const own = height === this.tip.height ? this.tip.hash : (await this.#store.state(height))?.hash
      const best = this.#headers.hashAt(height)
      if (own !== undefined && best !== undefined && bytesEqual(own, best)) return height
    }
    return 0
  }

  /** The payload of a `uroot` for a block of the bridge's chain; undefined for any other. */
  async roots(hash: BlockHash, height: number): Promise<Uint8Array | undefined> {
    const kept =
      height === 0 ? { hash: this.#headers.hashAt(0)!, stump: new Stump() } : await this.#store.state(height)
    // The tip may have moved meanwhile.
    if (
      kept === undefined ||
      height > Math.min(this.tip.height, this.#maker.tip.height) ||
      !bytesEqual(kept.hash, hash)
    )
      return undefined
    const state = this.#maker.roots({ height, hash }, kept.stump)
    return encodePayload({ type: 'uroot', state }).payload
  }

  async #below(): Promise<BridgeTip | undefined> {
    const height = this.tip.height - 1
    const hash = height === 0 ? this.#headers.hashAt(0) : (await this.#store.state(height))?.hash
    return hash && { height, hash }
  }

  async #clear(): Promise<void> {
    this.#isClearing = true
    this.tip = { height: 0, hash: this.#headers.hashAt(0)! }
    await this.#store.clear()
    this.#maker = await this.#store.load(this.#seed)
    this.stump = this.#maker.stump()
    this.#isClearing = false
  }

  async #write(): Promise<void> {
    const { connected } = this.#unwritten.at(-1)!
    this.#leaving = this.#unwritten.length
    try {
      await this.#store.write()
    } catch (error) {
      this.#writing = undefined
      this.#goBack(error as Error)
      throw error
    }
    this.#unwritten.splice(0, this.#leaving)
    this.#leaving = 0
    const { height, hash, stump } = connected
    this.tip = { height, hash }
    this.stump = stump
    this.#writing = undefined
    if (this.#isWanted || this.#isBatchFull) this.write()
    this.listener.written()
  }

  /** Nothing above the tip is in the store, or will be. */
  #goBack(error: Error): void {
    this.#failure = error
    this.#leaving = 0
    this.#store.drop()
    for (const { connected, below } of this.#unwritten.splice(0).reverse())
      this.#maker.disconnect(connected.undo, below)
    this.listener.failed(error)
  }

  #refuseFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  get #isBatchFull(): boolean {
    return (
      this.#unwritten.length - this.#leaving >= BLOCKS_AT_ONCE || this.#store.unwrittenBytes >= BYTES_AT_ONCE
    )
  }

  #facts(): ChainFacts {
    return {
      network: this.#network,
      medianTimePast: (height) => {
        const hash = this.#headers.hashAt(height)
        return (hash && this.#headers.medianTimePast(hash)) ?? 0
      },
    }
  }
}

export interface BridgeChainComponents {
  readonly network: Network
  readonly headers: BridgeHeaders
  readonly store: BridgeStore
  /** For the look-up of leaves: 32 bits that strangers do not know. */
  readonly seed: number
}
