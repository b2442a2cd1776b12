/**
 * Partial merkle trees (BIP37).
 * https://github.com/bitcoin/bips/blob/master/bip-0037.mediawiki
 * @module
 */

import { bytesEqual, concatBytes } from '../bytes/bytes-equal.ts'
import { asTxid, type Hash256, type Txid } from '../hash/hashes.ts'
import type { MerkleBlock } from '../messages/message.ts'
import { type Block, MAX_BLOCK_WEIGHT, MIN_TRANSACTION_WEIGHT } from '../primitives/block.ts'
import { txid } from '../primitives/transaction-id.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { sha256d } from '../crypto/backend-in-force.ts'

/** Most transactions that a tree may claim to be of (Core, `CPartialMerkleTree::ExtractMatches`). */
export const MAX_MERKLE_TREE_TRANSACTIONS: number = Math.floor(MAX_BLOCK_WEIGHT / MIN_TRANSACTION_WEIGHT)

/** A transaction that a partial merkle tree proves to be in its block. */
export interface MerkleMatch {
  /** Its index in the block. */
  readonly index: number
  readonly txid: Txid
}

/**
 * The header of `block` with a proof of the transactions that `matches` picks (BIP37).
 * Asked once for each, in order.
 * @throws RangeError for a block without transactions.
 */
export function buildMerkleBlock(block: Block, matches: (transaction: Transaction) => boolean): MerkleBlock {
  if (block.transactions.length === 0) throw new RangeError('A block without transactions has no merkle tree')
  const picked = block.transactions.map(matches)
  const rows = merkleRows(block.transactions.map(txid))
  const hashes: Hash256[] = []
  const bits: boolean[] = []
  const visit = (height: number, position: number): void => {
    const parent = picked.slice(position << height, (position + 1) << height).includes(true)
    bits.push(parent)
    if (height === 0 || !parent) {
      hashes.push(rows[height]![position]!)
      return
    }
    visit(height - 1, 2 * position)
    if (2 * position + 1 < rows[height - 1]!.length) visit(height - 1, 2 * position + 1)
  }
  visit(rows.length - 1, 0)
  const flags = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [index, bit] of bits.entries()) flags[index >>> 3]! |= Number(bit) << (index & 7)
  return { header: block.header, transactionCount: block.transactions.length, hashes, flags }
}

/** The rows of a merkle tree from the leaves up to the root. */
function merkleRows(leaves: readonly Hash256[]): Hash256[][] {
  const rows: Hash256[][] = [[...leaves]]
  for (let row = rows[0]!; row.length > 1; row = rows[rows.length - 1]!) {
    const above: Hash256[] = []
    for (let i = 0; i < row.length; i += 2) above.push(sha256d(concatBytes(row[i]!, row[i + 1] ?? row[i]!)))
    rows.push(above)
  }
  return rows
}

/**
 * The transactions that a `merkleblock` proves to be in the block of its header, by rising index; `undefined`
 * when it proves nothing: the tree is malformed, ambiguous (CVE-2012-2459), or its root is not the header's.
 */
export function extractMerkleMatches(merkleBlock: MerkleBlock): MerkleMatch[] | undefined {
  const { header, transactionCount, hashes, flags } = merkleBlock
  if (transactionCount === 0 || transactionCount > MAX_MERKLE_TREE_TRANSACTIONS) return undefined
  if (hashes.length > transactionCount || flags.length * 8 < hashes.length) return undefined
  const walk = new TreeWalk(transactionCount, hashes, flags)
  const root = walk.visit(heightOf(transactionCount), 0)
  if (root === undefined || !walk.isComplete || !bytesEqual(root, header.merkleRoot)) return undefined
  return walk.matches
}

function heightOf(leaves: number): number {
  return Math.ceil(Math.log2(leaves))
}

/**
 * Goes through a tree depth first, as it was built. Bounded by the number of flags,
 * whatever the tree claims to be of.
 */
class TreeWalk {
  readonly matches: MerkleMatch[] = []
  readonly #leaves: number
  readonly #hashes: readonly Hash256[]
  readonly #flags: Uint8Array
  #hashesUsed = 0
  #bitsUsed = 0

  constructor(leaves: number, hashes: readonly Hash256[], flags: Uint8Array) {
    this.#leaves = leaves
    this.#hashes = hashes
    this.#flags = flags
  }

  /** Whether every hash was used, and every flag but those that fill the last byte. */
  get isComplete(): boolean {
    return this.#hashesUsed === this.#hashes.length && Math.ceil(this.#bitsUsed / 8) === this.#flags.length
  }

  /** Hash of the node; `undefined` when flags or hashes run out, or two branches are the same. */
  visit(height: number, position: number): Hash256 | undefined {
    if (this.#bitsUsed >= 8 * this.#flags.length) return undefined
    const isParent = ((this.#flags[this.#bitsUsed >>> 3]! >>> (this.#bitsUsed & 7)) & 1) === 1
    this.#bitsUsed++
    if (height === 0 || !isParent) return this.#take(isParent, position)
    const left = this.visit(height - 1, 2 * position)
    if (left === undefined) return undefined
    if (2 * position + 1 >= this.#widthAt(height - 1)) return sha256d(concatBytes(left, left))
    const right = this.visit(height - 1, 2 * position + 1)
    // Equal branches: the same root as of a tree in which one is missing.
    if (right === undefined || bytesEqual(left, right)) return undefined
    return sha256d(concatBytes(left, right))
  }

  #take(isMatch: boolean, position: number): Hash256 | undefined {
    const hash = this.#hashes[this.#hashesUsed++]
    if (isMatch && hash !== undefined) this.matches.push({ index: position, txid: asTxid(hash) })
    return hash
  }

  #widthAt(height: number): number {
    return Math.ceil(this.#leaves / 2 ** height)
  }
}
