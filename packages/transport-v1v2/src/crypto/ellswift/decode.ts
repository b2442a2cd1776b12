/**
 * ElligatorSwift for secp256k1 (BIP324, "ElligatorSwift encoding of curve X coordinates").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * The paper, SwiftEC: https://eprint.iacr.org/2022/759.pdf
 * @module
 */

import {
  CURVE_B,
  curveSide,
  FIELD_PRIME,
  fieldFromBytes,
  fieldToBytes,
  invert,
  isSquare,
  mod,
  SQRT_MINUS_3,
} from './field.ts'

/** Length of an ElligatorSwift encoding (BIP324). */
export const ELLSWIFT_LENGTH = 64

/**
 * The x coordinate that an ElligatorSwift encoding stands for (BIP324, `ellswift_decode`). Every 64 bytes
 * stand for one.
 * @param encoding 64 bytes: u and t, big-endian, each read modulo p. @returns 32 bytes, big-endian.
 */
export function decodeEllSwift(encoding: Uint8Array): Uint8Array {
  const x = new Uint8Array(32)
  fieldToBytes(
    xSwiftEc(fieldFromBytes(encoding.subarray(0, 32)), fieldFromBytes(encoding.subarray(32, 64))),
    x,
    0,
  )
  return x
}

/**
 * BIP324's XSwiftEC. It computes X = (u^3+7-t^2)/2t and Y = (X+t)/cu and takes the first of u+4Y^2,
 * (-X/Y-u)/2 and (X/Y-u)/2 that is on the curve. Here the three are kept as fractions, so that one inversion
 * is enough.
 */
function xSwiftEc(uGiven: bigint, tGiven: bigint): bigint {
  const u = uGiven === 0n ? 1n : uGiven
  let t = tGiven === 0n ? 1n : tGiven
  const g = curveSide(u)
  let tt = (t * t) % FIELD_PRIME
  if (mod(g + tt) === 0n) {
    t = mod(2n * t)
    tt = (t * t) % FIELD_PRIME
  }
  // With s = g + t^2: Y = s/2tcu, so 4Y^2 = s^2/(tcu)^2 = -s^2/3(tu)^2, and X/Y = cu(g-t^2)/s.
  const s = mod(g + tt)
  const tu = (t * u) % FIELD_PRIME
  const denominator1 = mod(3n * tu * tu)
  const numerator1 = mod(u * denominator1 - s * s)
  if (isOnCurve(numerator1, denominator1)) return divide(numerator1, denominator1)
  const denominator = mod(2n * s)
  const difference = mod(SQRT_MINUS_3 * mod(g - tt))
  const numerator2 = mod(-u * (difference + s))
  if (isOnCurve(numerator2, denominator)) return divide(numerator2, denominator)
  return divide(mod(u * (difference - s)), denominator)
}

/** Whether n/d is the x of a point: (n/d)^3 + 7 is a square just when (n^3 + 7d^3)d is. */
function isOnCurve(n: bigint, d: bigint): boolean {
  const cubes = mod(((n * n) % FIELD_PRIME) * n + CURVE_B * (((d * d) % FIELD_PRIME) * d))
  return isSquare((cubes * d) % FIELD_PRIME)
}

function divide(n: bigint, d: bigint): bigint {
  return (n * invert(d)) % FIELD_PRIME
}
