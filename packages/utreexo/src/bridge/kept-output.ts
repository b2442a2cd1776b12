import { ByteReader, ByteWriter, type OutPoint } from '@sapwood/wire-codec'
import type { SpentOutput } from '../blocks/spent-outputs.ts'

/** An unspent output as a bridge keeps it: what its leaf is made of, and which leaf that is. */
export interface KeptOutput extends SpentOutput {
  /** Which of all leaves ever added its leaf is, counted from 0. */
  readonly number: number
  readonly leafHash: Uint8Array
}

/** An output with the place by which inputs name it. */
export interface PlacedOutput {
  readonly outPoint: OutPoint
  readonly output: KeptOutput
}

/** Bytes of an output without its script. */
const FIXED_SIZE = 52

/** `output` as bytes: number of its leaf (8), hash (32), header code (4), amount (8), script. */
export function encodeKeptOutput(output: KeptOutput): Uint8Array {
  const { number, leafHash, height, coinbase, amount, scriptPubKey } = output
  return new ByteWriter(FIXED_SIZE + scriptPubKey.length)
    .u64(BigInt(number))
    .bytes(leafHash)
    .u32(height * 2 + Number(coinbase))
    .u64(amount)
    .bytes(scriptPubKey)
    .finish()
}

/**
 * Reads what `encodeKeptOutput` wrote; its hash and script are views.
 * @throws DecodeError where that is cut short.
 */
export function decodeKeptOutput(bytes: Uint8Array): KeptOutput {
  const reader = new ByteReader(bytes)
  const number = Number(reader.u64())
  const leafHash = reader.view(32)
  const headerCode = reader.u32()
  const amount = reader.u64()
  const scriptPubKey = reader.rest()
  return { number, leafHash, height: headerCode >>> 1, coinbase: headerCode % 2 === 1, amount, scriptPubKey }
}
