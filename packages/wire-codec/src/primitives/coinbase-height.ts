/**
 * The height in a coinbase (BIP34).
 * https://github.com/bitcoin/bips/blob/master/bip-0034.mediawiki
 * @module
 */

import type { Block } from './block.ts'
import { OP_0, OP_1, OP_16 } from './opcodes.ts'

/** Most bytes of a height in a script: heights are signed 32-bit numbers in Core. */
const MAX_HEIGHT_BYTES = 4

/** Lowest version of a block whose coinbase starts with its height (BIP34). */
const FIRST_VERSION_WITH_HEIGHT = 2

/**
 * The height that the coinbase of `block` starts its script with (BIP34), in the shortest form that Core
 * writes and requires; undefined where there is none, as in blocks of version 1.
 * @example
 * // Before BIP34 no block says its height.
 * coinbaseHeight(genesisBlock(mainnet)) // undefined
 */
export function coinbaseHeight(block: Block): number | undefined {
  if (block.header.version < FIRST_VERSION_WITH_HEIGHT) return undefined
  const script = block.transactions[0]?.inputs[0]?.scriptSig
  const first = script?.[0]
  if (script === undefined || first === undefined) return undefined
  if (first === OP_0) return 0
  if (first >= OP_1 && first <= OP_16) return first - OP_1 + 1
  if (first > MAX_HEIGHT_BYTES || script.length <= first) return undefined
  return positiveNumber(script.subarray(1, 1 + first))
}

/** A script number (little-endian, the top bit its sign) of least length, above 16. */
function positiveNumber(bytes: Uint8Array): number | undefined {
  const last = bytes.length - 1
  const top = bytes[last]!
  const before = last === 0 ? 0 : bytes[last - 1]!
  const minimal = top !== 0 || before >= 0x80
  if (top >= 0x80 || !minimal) return undefined
  const height = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
  return height > 16 ? height : undefined
}
