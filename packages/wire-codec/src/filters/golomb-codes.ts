/**
 * Golomb-Rice codes (BIP158, "Golomb-Coded Sets").
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

import { BitReader } from './bit-stream.ts'

/** Bits of the remainder in the Golomb-Rice code of the basic filter (BIP158: P). */
export const FILTER_REMAINDER_BITS = 19
/** Remainders are below it, and a quotient counts as many of it. */
export const REMAINDER: number = 2 ** FILTER_REMAINDER_BITS
/** Bits of the smallest code: an empty quotient and the remainder. */
export const MIN_CODE_BITS: number = 1 + FILTER_REMAINDER_BITS

/** The largest quotient whose code leaves a bit of 32. */
const MAX_SHORT_QUOTIENT = 31 - MIN_CODE_BITS
/** Bits that are there in 32 from the byte on in which the first stands, whichever of its bits that is. */
const SURE_BITS = 25
/** Bytes from the one that a code begins in to the end of the 64 bits from its first on. */
const WINDOW_BYTES = 9

/**
 * Fills `values` with the sums of the differences that `bytes` holds from the bit `position` on.
 * @returns what is read on with: past the end where there were too few codes.
 */
export function readCodes(bytes: Uint8Array, position: number, values: Float64Array): BitReader {
  const count = values.length
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const windowsEnd = 8 * (bytes.length - WINDOW_BYTES + 1)
  let value = 0
  let at = position
  for (let i = 0; i < count; ) {
    if (at < windowsEnd) {
      // The next bits are always at hand: where a code ends is known before what follows has been read.
      let window = bitsAt(view, at)
      do {
        const quotient = Math.clz32(~window)
        if (quotient > MAX_SHORT_QUOTIENT) break
        value += quotient * REMAINDER + ((window << (quotient + 1)) >>> (32 - FILTER_REMAINDER_BITS))
        values[i++] = value
        const length = quotient + MIN_CODE_BITS
        const following = view.getInt32((at >>> 3) + 4) << (at & 7)
        at += length
        window = length <= SURE_BITS ? (window << length) | (following >>> (32 - length)) : bitsAt(view, at)
      } while (i < count && at < windowsEnd)
      if (i === count) break
    }
    // One whose quotient is large, or that stands too near to the end.
    const bits = new BitReader(bytes, at)
    value += bits.unary() * REMAINDER
    value += bits.bits(FILTER_REMAINDER_BITS)
    values[i++] = value
    at = bits.position
  }
  return new BitReader(bytes, at)
}

/** The 32 bits from `position` on. */
function bitsAt(view: DataView, position: number): number {
  const byte = position >>> 3
  const shift = position & 7
  return (view.getInt32(byte) << shift) | (view.getUint8(byte + 4) >>> (8 - shift))
}
