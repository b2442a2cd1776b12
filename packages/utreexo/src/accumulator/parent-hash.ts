/**
 * How two nodes of the accumulator make the one above them.
 * https://github.com/bitcoin/bips/blob/master/bip-0181.md
 * @module
 */

import { HASH_SIZE } from '@sapwood/wire-codec'
import { hashes } from '../crypto/hash-backend.ts'
import { copyHash, isEmpty } from './hash-list.ts'

/** Two hashes side by side. */
const pair = new Uint8Array(2 * HASH_SIZE)

/**
 * The hash of a node from those of its children (BIP181): SHA-512/256 of both, or the one that is not empty:
 * a lone child is its parent, which is how leaves move up. 32 bytes each.
 * @example
 * const leaf = new Uint8Array(32).fill(1)
 * parentHash(leaf, leaf).length // 32
 */
export function parentHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (isEmpty(left)) return right
  if (isEmpty(right)) return left
  const parent = new Uint8Array(HASH_SIZE)
  hashPairInto(left, 0, right, 0, parent, 0)
  return parent
}

/**
 * SHA-512/256 of two hashes that are not empty, the one at `leftAt` of `left` and the one at `rightAt` of
 * `right`, written into `target` at `targetAt`, which may be a part of either.
 */
export function hashPairInto(
  left: Uint8Array,
  leftAt: number,
  right: Uint8Array,
  rightAt: number,
  target: Uint8Array,
  targetAt: number,
): void {
  copyHash(left, leftAt, pair, 0)
  copyHash(right, rightAt, pair, HASH_SIZE)
  hashes().hashPairs(pair, 1, target, targetAt)
}
