/**
 * The proofs of blocks, made by who has every leaf.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * @module
 */

import {
  type Block,
  type BlockHash,
  type UtreexoProof,
  type UtreexoRoots,
  withPackedHashes,
} from '@sapwood/wire-codec'
import { Forest, type ForestUndo } from '../accumulator/forest.ts'
import { stateHash, StateTree } from '../accumulator/state-tree.ts'
import { Stump } from '../accumulator/stump.ts'
import type { BlockChanges } from '../blocks/block-changes.ts'
import { type ChainFacts, checkSpends } from '../blocks/check-spends.ts'
import type { SpentOutput } from '../blocks/spent-outputs.ts'
import { UtreexoError } from '../errors/utreexo-error.ts'
import { leafScript } from '../leaves/implied-script.ts'
import { isOverwritten } from '../leaves/spendable.ts'
import type { KeptOutput, PlacedOutput } from './kept-output.ts'

/** A block that has been put on top, and all that follows from it. */
export interface ConnectedBlock {
  readonly height: number
  readonly hash: BlockHash
  /** What proves the block to who has the state before it: a `uproof` with all in it. */
  readonly proof: UtreexoProof
  /** The state after it. */
  readonly stump: Stump
  /** Satoshi. */
  readonly fees: bigint
  /** Outputs that were unspent and are not any more, in the order of the block. */
  readonly spent: readonly PlacedOutput[]
  /** Outputs that are unspent now, in the order of the block. */
  readonly created: readonly PlacedOutput[]
  /** What takes the block back. */
  readonly undo: ForestUndo
}

/** Where a bridge stands: the state after which block it has. */
export interface BridgeTip {
  readonly height: number
  readonly hash: BlockHash
}

/**
 * The machine inside a bridge: blocks in, their proofs and the next state out. It keeps the trees, and the
 * hash of the state after each block; the unspent outputs themselves are its caller's to keep: what a block
 * spends is handed in with it. It does no I/O.
 */
export class ProofMaker {
  readonly #forest: Forest
  readonly #states: StateTree
  #tip: BridgeTip

  /**
   * @param tip The block after which `forest` is: a genesis block with an empty one,
   * or what has been restored.
   * @param states Hashes of the states after each block up to the tip, that after the genesis block included.
   */
  constructor(tip: BridgeTip, forest: Forest = new Forest(), states: StateTree = freshStates()) {
    if (states.size !== tip.height + 1)
      throw new RangeError(`${states.size} states for a chain of height ${tip.height}`)
    this.#tip = tip
    this.#forest = forest
    this.#states = states
  }

  get tip(): BridgeTip {
    return this.#tip
  }

  /** Outputs that are unspent. */
  get liveLeaves(): number {
    return this.#forest.liveLeaves
  }

  /** Bytes that the trees take. */
  get bytes(): number {
    return this.#forest.bytes
  }

  /** The state after the tip. */
  stump(): Stump {
    return this.#forest.stump()
  }

  /**
   * What a `uroot` tells of the state after a block of this chain, with the proof for who has the accumulator
   * of states. @throws RangeError above the tip.
   */
  roots({ height, hash }: BridgeTip, { leaves, roots }: Stump): UtreexoRoots {
    return {
      blockHash: hash,
      leaves: BigInt(leaves),
      roots,
      target: BigInt(height),
      proofHashes: this.#states.prove(height),
    }
  }

  /**
   * Puts a block on the tip. Its inputs are checked as far as that can be done without scripts;
   * what it shows of itself is not.
   * @param changes What `blockChanges` says of it.
   * @param outputs For each of `changes.toProve` the output that it spends; undefined for one that is not
   * unspent.
   * @throws UtreexoError the block's fault; then nothing has changed.
   */
  connect(
    block: Block,
    changes: BlockChanges,
    outputs: readonly (KeptOutput | undefined)[],
    facts: ChainFacts,
  ): ConnectedBlock {
    const { height, blockHash: hash, toProve } = changes
    if (height !== this.#tip.height + 1)
      throw new RangeError(`Not a block for height ${this.#tip.height + 1}`)
    const spent = toProve.map(({ transaction, index, input }, at): PlacedOutput => {
      const output = outputs[at]
      if (output === undefined) throw new UtreexoError('unknown-output', { transaction, input: index })
      if (isOverwritten(output.leafHash))
        throw new UtreexoError('unspendable-leaf', { transaction, input: index })
      return { outPoint: input.previousOutput, output }
    })
    const fees = checkSpends(block, height, gatherSpent(block, changes, spent), facts)
    const leafHashes = spent.map(({ output }) => output.leafHash)
    const { targets, hashes } = this.#forest.prove(leafHashes)
    const leafData = spent.map(({ output }, at) => ({
      height: output.height,
      coinbase: output.coinbase,
      amount: output.amount,
      script: leafScript(output.scriptPubKey, toProve[at]!.input),
    }))
    const added = changes.added()
    const undo = this.#forest.modify(leafHashes, added)
    const stump = this.#forest.stump()
    this.#states.add(stateHash(stump))
    this.#tip = { height, hash }
    const proof = withPackedHashes(hashes, { blockHash: hash, targets, leafData })
    return { height, hash, proof, stump, fees, spent, created: this.#created(changes, added, undo), undo }
  }

  /**
   * Takes the tip back.
   * @param below The block that is the tip then.
   * @throws UtreexoError `undo-mismatch` where the record is not that of the tip.
   */
  disconnect(undo: ForestUndo, below: BridgeTip): void {
    if (below.height !== this.#tip.height - 1) throw new RangeError(`Not the block below ${this.#tip.height}`)
    this.#forest.undo(undo)
    this.#states.truncate(this.#tip.height)
    this.#tip = below
  }

  #created(changes: BlockChanges, added: readonly Uint8Array[], undo: ForestUndo): PlacedOutput[] {
    const { txids, height } = changes
    return [...changes.leaves()].map(({ transaction, index, output }, at) => ({
      outPoint: { txid: txids[transaction]!, index },
      output: {
        number: undo.leavesBefore + at,
        leafHash: added[at]!,
        height,
        coinbase: transaction === 0,
        amount: output.value,
        scriptPubKey: output.scriptPubKey,
      },
    }))
  }
}

function freshStates(): StateTree {
  const states = new StateTree()
  states.add(stateHash(new Stump()))
  return states
}

function gatherSpent(
  block: Block,
  { height, toProve, ownSpends }: BlockChanges,
  spent: readonly PlacedOutput[],
): SpentOutput[][] {
  const gathered = block.transactions.map((): SpentOutput[] => [])
  toProve.forEach(({ transaction, index }, at) => (gathered[transaction]![index] = spent[at]!.output))
  for (const { transaction, index, maker, output } of ownSpends) {
    const { value: amount, scriptPubKey } = output
    gathered[transaction]![index] = { amount, scriptPubKey, height, coinbase: maker === 0 }
  }
  return gathered
}
