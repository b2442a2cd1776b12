import { type Block, type BlockHash, bytesEqual, encodePayload, type Network } from '@sapwood/wire-codec'
import { blockChanges, type BridgeTip, type ChainFacts, type ProofMaker, Stump } from '@sapwood/utreexo'
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

/**
 * The machine and its store as one: each step is in the store before it is told of, and where the store
 * refuses it the machine goes back. One step at a time; its callers see to that.
 */
export class BridgeChain {
  readonly #network: Network
  readonly #headers: BridgeHeaders
  readonly #store: BridgeStore
  readonly #seed: number
  #maker: ProofMaker
  /** Everything is to be forgotten, and has not been yet. */
  #isClearing = false

  private constructor(parts: BridgeChainComponents, maker: ProofMaker) {
    this.#network = parts.network
    this.#headers = parts.headers
    this.#store = parts.store
    this.#seed = parts.seed
    this.#maker = maker
    this.tip = maker.tip
  }

  /** @throws NodeError as `BridgeStore.load`. */
  static async open(parts: BridgeChainComponents): Promise<BridgeChain> {
    return new BridgeChain(parts, await parts.store.load(parts.seed))
  }

  /** The last block that is in the store. */
  tip: BridgeTip

  get maker(): ProofMaker {
    return this.#maker
  }

  /**
   * Puts a block on the tip.
   * @throws UtreexoError the block's fault; NodeError where the store refuses it. Then nothing has changed.
   */
  async connect({ height, block }: BridgeBlock): Promise<void> {
    if (this.#isClearing) await this.#clear()
    const below = this.#maker.tip
    const changes = blockChanges(block, height)
    const outputs = await this.#store.outputs(changes.toProve.map(({ input }) => input.previousOutput))
    const connected = this.#maker.connect(block, changes, outputs, this.#facts())
    try {
      await this.#store.connected(connected, block)
    } catch (error) {
      this.#maker.disconnect(connected.undo, below)
      throw error
    }
    this.tip = this.#maker.tip
  }

  /**
   * Takes blocks back down to a height; where that lies too far back, all of them, to begin anew.
   * @throws NodeError where the store refuses it; then the tip is as far down as it came.
   */
  async rewind(height: number): Promise<void> {
    if (this.#isClearing) await this.#clear()
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
    }
  }

  /** Height of the last block that the bridge and the node's best chain have in common. */
  async forkHeight(): Promise<number> {
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
    this.#isClearing = false
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
