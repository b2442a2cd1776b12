/**
 * ElligatorSwift for secp256k1 (BIP324, "ElligatorSwift encoding of curve X coordinates").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * The paper, SwiftEC: https://eprint.iacr.org/2022/759.pdf
 * @module
 */

import {
  curveSide,
  FIELD_PRIME,
  fieldFromBytes,
  fieldToBytes,
  invert,
  isSquare,
  mod,
  SQRT_MINUS_3,
  squareRootAndInverse,
} from './field.ts'

const HALF = invert(2n)
/** (1 - c) / 2 and (1 + c) / 2, by bit 0 of the case. */
const HALF_ONE_MINUS_C = mod((1n - SQRT_MINUS_3) * HALF)
const HALF_ONE_PLUS_C = mod((1n + SQRT_MINUS_3) * HALF)

/** `CryptoBackend.ellSwiftInverse` by BigInt, for any runtime. */
export function ellSwiftInverse(x: Uint8Array, u: Uint8Array, branch: number): Uint8Array | undefined {
  const t = xSwiftEcInverse(fieldFromBytes(x), fieldFromBytes(u), branch)
  if (t === undefined) return undefined
  const bytes = new Uint8Array(32)
  fieldToBytes(t, bytes, 0)
  return bytes
}

/**
 * BIP324's XSwiftECInv: the t for which XSwiftEC(u, t) = x, of the eight that there can be the one that
 * `branch` (0 to 7) names; undefined where there is none.
 */
function xSwiftEcInverse(x: bigint, u: bigint, branch: number): bigint | undefined {
  // A u of 0 is read as 1.
  if (u === 0n) return undefined
  const found = (branch & 2) === 0 ? fromFirstRoot(x, u) : fromOtherRoots(x, u, branch)
  if (found === undefined) return undefined
  const { w, v } = found
  const factor = (branch & 1) === 0 ? HALF_ONE_MINUS_C : HALF_ONE_PLUS_C
  const t = (w * mod(u * factor + v)) % FIELD_PRIME
  const negate = (branch & 5) === 0 || (branch & 5) === 5
  return negate && t !== 0n ? FIELD_PRIME - t : t
}

interface Root {
  /** A square root of s. */
  readonly w: bigint
  readonly v: bigint
}

/** Cases 0, 1, 4, 5: v = x, s = -(u^3+7)/(u^2+uv+v^2). */
function fromFirstRoot(x: bigint, u: bigint): Root | undefined {
  const d = mod(u * u + x * (u + x))
  const g = curveSide(u)
  const s = mod(-g * d)
  // s of the BIP is this one divided by d^2: both are squares or neither is. The cheaper test goes first.
  if (!isSquare(s) || isSquare(curveSide(mod(-x - u)))) return undefined
  const { root, inverse } = squareRootAndInverse(s)
  // 1/d = -g/s.
  const w = mod(root * ((-g * inverse) % FIELD_PRIME))
  // Of the two roots the BIP takes the one that is a square itself.
  return { w: isSquare(d) || w === 0n ? w : FIELD_PRIME - w, v: x }
}

/** Cases 2, 3, 6, 7: s = x - u, v = (-u + r/s)/2 with r^2 = -s(4(u^3+7) + 3su^2). */
function fromOtherRoots(x: bigint, u: bigint, branch: number): Root | undefined {
  const s = mod(x - u)
  if (s === 0n || !isSquare(s)) return undefined
  const rr = mod(-s * mod(4n * curveSide(u) + 3n * s * ((u * u) % FIELD_PRIME)))
  if (!isSquare(rr)) return undefined
  if ((branch & 1) === 1 && rr === 0n) return undefined
  const { root: r } = squareRootAndInverse(rr)
  const { root: w, inverse } = squareRootAndInverse(s)
  return { w, v: mod((r * inverse - u) * HALF) }
}
