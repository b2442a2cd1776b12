/**
 * A block checked against the proof of what it spends.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * @module
 */

import {
  type Block,
  type BlockHash,
  type LeafData,
  packedProofHashes,
  type UtreexoProof,
} from '@sapwood/wire-codec'
import type { Stump } from '../accumulator/stump.ts'
import { isUtreexoError, UtreexoError } from '../errors/utreexo-error.ts'
import { impliedScript } from '../leaves/implied-script.ts'
import { isOverwritten } from '../leaves/spendable.ts'
import { leafHash, type UtreexoLeaf } from '../leaves/utreexo-leaf.ts'
import { type BlockChanges, blockChanges, type PlacedInput } from './block-changes.ts'
import { type ChainFacts, checkSpends } from './check-spends.ts'
import type { SpentOutput, SpentOutputs } from './spent-outputs.ts'

/** The parts of a `uproof` that prove a block; which block it names is for the caller to compare. */
export type BlockProof = Pick<UtreexoProof, 'targets' | 'proofHashes' | 'leafData'>

/** What a block is checked against, besides its proof. */
export interface BlockSurroundings extends ChainFacts {
  /** Hash of the block of our own chain at a height below the block's; undefined where there is none. */
  readonly blockHashAt: (height: number) => BlockHash | undefined
  /**
   * A script engine of the program's: called once the rest holds, throws for a block whose scripts do not.
   * What it throws becomes the `cause` of a `script` error, unless it is a {@link UtreexoError} whose fault
   * is the block's. It must have checked all when it returns: one that gives a promise is refused
   * (`script-check-is-async`).
   */
  readonly validateScripts?: (block: Block, height: number, spent: SpentOutputs) => void
}

/** A block that its proof and its spent outputs allow. */
export interface ProvedBlock {
  /** The state after the block. */
  readonly stump: Stump
  readonly spent: SpentOutputs
  /** Satoshi. */
  readonly fees: bigint
  readonly changes: BlockChanges
}

/**
 * Checks a block against the state before it: that every output which it spends is there and unspent, and
 * then what can be checked without scripts: amounts, fees and subsidy, coinbase maturity, BIP68. The merkle
 * root, witness commitment and proof of work are not looked at here.
 * @param stump The state after the block's parent.
 * @param proof Targets and leaves one for each input that spends an output of an earlier block, in the order
 * of the block.
 * @throws UtreexoError whose `fault` says whether another proof may do (`proof`), or the block is bad
 * whatever the proof (`block`).
 */
export function checkBlockProof(
  stump: Stump,
  block: Block,
  height: number,
  proof: BlockProof,
  surroundings: BlockSurroundings,
): ProvedBlock {
  const changes = blockChanges(block, height)
  const { toProve } = changes
  if (proof.leafData.length !== toProve.length)
    throw new UtreexoError('leaf-count', { expected: toProve.length, received: proof.leafData.length })
  const leaves = toProve.map((placed, index) =>
    rebuildLeaf(placed, proof.leafData[index]!, index, height, surroundings),
  )
  const hashes = leaves.map(leafHash)
  const siblings = packedProofHashes(proof) ?? proof.proofHashes
  const next = stump.modify({ targets: proof.targets, hashes: siblings }, hashes, changes.added())
  hashes.forEach((hash, index) => {
    const { transaction, index: input } = toProve[index]!
    if (isOverwritten(hash)) throw new UtreexoError('unspendable-leaf', { transaction, input })
  })
  const spent = gatherSpent(block, changes, leaves)
  const fees = checkSpends(block, height, spent, surroundings)
  runScripts(block, height, spent, surroundings.validateScripts)
  return { stump: next, spent, fees, changes }
}

function rebuildLeaf(
  { input }: PlacedInput,
  { height: made, coinbase, amount, script }: LeafData,
  index: number,
  height: number,
  { blockHashAt }: BlockSurroundings,
): UtreexoLeaf {
  if (made >= height) throw new UtreexoError('leaf-height', { index, received: made })
  const blockHash = blockHashAt(made)
  if (blockHash === undefined) throw new UtreexoError('unknown-height', { index, received: made })
  const scriptPubKey = script.type === 'other' ? script.scriptPubKey : impliedScript(script.type, input)
  if (scriptPubKey === undefined) throw new UtreexoError('script-not-implied', { index })
  return { blockHash, outPoint: input.previousOutput, height: made, coinbase, amount, scriptPubKey }
}

function gatherSpent(block: Block, changes: BlockChanges, leaves: readonly UtreexoLeaf[]): SpentOutputs {
  const spent = block.transactions.map((): SpentOutput[] => [])
  changes.toProve.forEach(({ transaction, index }, leaf) => {
    const { amount, scriptPubKey, height, coinbase } = leaves[leaf]!
    spent[transaction]![index] = { amount, scriptPubKey, height, coinbase }
  })
  for (const { transaction, index, maker, output } of changes.ownSpends) {
    const { value: amount, scriptPubKey } = output
    spent[transaction]![index] = { amount, scriptPubKey, height: changes.height, coinbase: maker === 0 }
  }
  return spent
}

function runScripts(
  block: Block,
  height: number,
  spent: SpentOutputs,
  validate: BlockSurroundings['validateScripts'],
): void {
  let result: unknown
  try {
    result = validate?.(block, height, spent)
  } catch (error) {
    throw isFaultOfBlock(error) ? error : new UtreexoError('script', { cause: error })
  }
  if (typeof (result as Partial<PromiseLike<unknown>> | undefined)?.then !== 'function') return
  // TypeScript takes an async function for this type, and every block would pass.
  Promise.resolve(result).catch(() => undefined)
  throw new UtreexoError('script-check-is-async')
}

/** What a script engine throws of another proof is nothing that the sender of this one is to blame for. */
function isFaultOfBlock(error: unknown): boolean {
  return isUtreexoError(error) && error.fault === 'block'
}
