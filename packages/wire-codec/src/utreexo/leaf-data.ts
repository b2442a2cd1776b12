/**
 * What a proof says of each output that a block spends.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import { MAX_SCRIPT_SIZE } from '../primitives/max-script-size.ts'

/** Bytes of the smallest leaf: header code, amount, type. */
export const MIN_LEAF_SIZE = 13

/**
 * Forms of script whose only variable part is a hash that the spending input shows again, so that it is not
 * sent.
 */
export type ImpliedScriptType = 'p2pkh' | 'p2wpkh' | 'p2sh' | 'p2wsh'

/** The script of the spent output: itself, or which form it has where the input tells the rest. */
export type LeafScript =
  | { readonly type: 'other'; readonly scriptPubKey: Uint8Array }
  | { readonly type: ImpliedScriptType }

/**
 * What a utreexo peer tells of an output that a block spends: what a node without the outputs cannot know.
 */
export interface LeafData {
  /** Height of the block that made the output, 31 bits. */
  readonly height: number
  /** Whether the output is of a coinbase. */
  readonly coinbase: boolean
  /** Satoshi. */
  readonly amount: bigint
  readonly script: LeafScript
}

/** Script types by their byte on the wire. */
const SCRIPT_TYPES = ['other', 'p2pkh', 'p2wpkh', 'p2sh', 'p2wsh'] as const

/** Reads one leaf that `skipLeafData` has passed over before. */
export function readLeafData(reader: ByteReader): LeafData {
  const headerCode = reader.u32()
  const amount = reader.u64()
  const type = SCRIPT_TYPES[reader.u8()]!
  const script = type === 'other' ? { type, scriptPubKey: reader.varBytes() } : { type }
  return { height: headerCode >>> 1, coinbase: (headerCode & 1) === 1, amount, script }
}

/** Checks and passes over one leaf. */
export function skipLeafData(reader: ByteReader): void {
  reader.skip(12)
  const offset = reader.offset
  const type = reader.u8()
  if (type >= SCRIPT_TYPES.length) {
    reader.fail('out-of-range', { value: type, limit: SCRIPT_TYPES.length - 1, offset })
  }
  if (type === 0) reader.skipVarBytes(MAX_SCRIPT_SIZE)
}

/** Writes one leaf. @throws RangeError when its height or amount does not fit. */
export function writeLeafData(writer: ByteWriter, { height, coinbase, amount, script }: LeafData): void {
  if (!Number.isInteger(height) || height < 0 || height > 0x7fff_ffff)
    throw new RangeError(`Not a height: ${height}`)
  writer
    .u32(height * 2 + Number(coinbase))
    .u64(amount)
    .u8(SCRIPT_TYPES.indexOf(script.type))
  if (script.type === 'other') writer.varBytes(script.scriptPubKey)
}
