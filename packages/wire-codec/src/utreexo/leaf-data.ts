import { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'

/** Most bytes of a script in a leaf (`MAX_SCRIPT_SIZE`, script.h: no longer one can ever be spent). */
export const MAX_LEAF_SCRIPT_SIZE = 10_000
/** Bytes of the smallest leaf: header code, amount, type. */
export const MIN_LEAF_SIZE = 13

/** Forms of script whose only variable part is a hash that the spending input shows again, so that it is not sent. */
export type ImpliedScriptType = 'p2pkh' | 'p2wpkh' | 'p2sh' | 'p2wsh'

/** The script of the spent output: itself, or which form it has where the input tells the rest. */
export type LeafScript =
  | { readonly type: 'other'; readonly scriptPubKey: Uint8Array }
  | { readonly type: ImpliedScriptType }

/** What a utreexo peer tells of an output that a block spends: what a node without the outputs cannot know. */
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

/** A leaf that was checked when it was decoded: its fields are read when asked for, so that many small ones take little more than their bytes. */
class DecodedLeafData implements LeafData {
  readonly #source: Uint8Array
  readonly #offset: number

  constructor(source: Uint8Array, offset: number) {
    this.#source = source
    this.#offset = offset
  }

  get height(): number {
    return this.#reader(0).u32() >>> 1
  }

  get coinbase(): boolean {
    return (this.#reader(0).u8() & 1) === 1
  }

  get amount(): bigint {
    return this.#reader(4).u64()
  }

  get script(): LeafScript {
    const reader = this.#reader(12)
    const type = SCRIPT_TYPES[reader.u8()]!
    return type === 'other' ? { type, scriptPubKey: reader.varBytes() } : { type }
  }

  #reader(at: number): ByteReader {
    return new ByteReader(this.#source.subarray(this.#offset + at))
  }
}

/** Reads one leaf. */
export function readLeafData(reader: ByteReader): LeafData {
  const start = reader.offset
  reader.need(12)
  reader.offset += 12
  const offset = reader.offset
  const type = reader.u8()
  if (type >= SCRIPT_TYPES.length) {
    reader.fail('out-of-range', { value: type, limit: SCRIPT_TYPES.length - 1, offset })
  }
  if (type === 0) {
    const length = reader.count(MAX_LEAF_SCRIPT_SIZE, 1)
    reader.offset += length
  }
  return new DecodedLeafData(reader.source, start)
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
