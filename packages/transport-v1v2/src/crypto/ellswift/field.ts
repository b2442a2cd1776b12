/**
 * ElligatorSwift for secp256k1 (BIP324, "ElligatorSwift encoding of curve X coordinates").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * The paper, SwiftEC: https://eprint.iacr.org/2022/759.pdf
 * @module
 */

/**
 * Arithmetic modulo the field prime of secp256k1 (SEC 2). Not constant-time: it is only ever given public
 * values (the encodings of keys) and, in making an encoding, a public key and fresh randomness.
 */

/** 2^256 - 2^32 - 977. */
export const FIELD_PRIME: bigint = 2n ** 256n - 2n ** 32n - 977n

/** A square root of -3, the constant c of BIP324's XSwiftEC. */
export const SQRT_MINUS_3: bigint = 0xa2d2ba93507f1df233770c2a797962cc61f6d15da14ecd47d8d27ae1cd5f852n

/** b of the curve equation y^2 = x^3 + b. */
export const CURVE_B = 7n

const MASK_32 = 0xffffffffn

/** Above it a number is not exact. */
const MAX_SMALL = BigInt(Number.MAX_SAFE_INTEGER)

/** The residue of any integer, 0 to p - 1. */
export function mod(value: bigint): bigint {
  const residue = value % FIELD_PRIME
  return residue < 0n ? residue + FIELD_PRIME : residue
}

export function fieldFromBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const value =
    (view.getBigUint64(0) << 192n) |
    (view.getBigUint64(8) << 128n) |
    (view.getBigUint64(16) << 64n) |
    view.getBigUint64(24)
  return value >= FIELD_PRIME ? value - FIELD_PRIME : value
}

/** Writes a field element as 32 bytes, big-endian. */
export function fieldToBytes(value: bigint, out: Uint8Array, offset: number): void {
  const view = new DataView(out.buffer, out.byteOffset + offset, 32)
  view.setBigUint64(0, value >> 192n)
  view.setBigUint64(8, (value >> 128n) & 0xffffffffffffffffn)
  view.setBigUint64(16, (value >> 64n) & 0xffffffffffffffffn)
  view.setBigUint64(24, value & 0xffffffffffffffffn)
}

/** x^3 + 7. */
export function curveSide(x: bigint): bigint {
  return (((x * x) % FIELD_PRIME) * x + CURVE_B) % FIELD_PRIME
}

/** The multiplicative inverse by the extended Euclidean algorithm; 0 for 0. */
export function invert(value: bigint): bigint {
  let [low, high] = [value, FIELD_PRIME]
  let [coefficient, previous] = [1n, 0n]
  if (low === 0n) return 0n
  while (low > 1n) {
    const quotient = high / low
    const remainder = high - low * quotient
    const next = previous - coefficient * quotient
    high = low
    low = remainder
    previous = coefficient
    coefficient = next
  }
  return mod(coefficient)
}

/** Whether a field element is a square, zero included: the Jacobi symbol is not -1. */
export function isSquare(value: bigint): boolean {
  let numerator = value
  let denominator = FIELD_PRIME
  let negative = false
  while (numerator > MAX_SMALL) {
    const zeros = trailingZeros(numerator)
    if (zeros > 0) {
      numerator >>= BigInt(zeros)
      if ((zeros & 1) === 1 && isThreeOrFive(Number(denominator & 7n))) negative = !negative
    }
    if ((numerator & 3n) === 3n && (denominator & 3n) === 3n) negative = !negative
    const remainder = denominator % numerator
    denominator = numerator
    numerator = remainder
  }
  if (numerator === 0n) return !negative
  // The numerator fits a number: one more step, and both do.
  const zeros = trailingZeros(numerator)
  numerator >>= BigInt(zeros)
  if ((zeros & 1) === 1 && isThreeOrFive(Number(denominator & 7n))) negative = !negative
  if ((numerator & 3n) === 3n && (denominator & 3n) === 3n) negative = !negative
  return isSmallSymbolPositive(Number(denominator % numerator), Number(numerator)) !== negative
}

/** Whether the Jacobi symbol of two safe integers is not -1; the denominator is odd. */
function isSmallSymbolPositive(numerator: number, denominator: number): boolean {
  let positive = true
  while (numerator !== 0) {
    while (numerator % 2 === 0) {
      numerator /= 2
      if (isThreeOrFive(denominator % 8)) positive = !positive
    }
    if (numerator % 4 === 3 && denominator % 4 === 3) positive = !positive
    const remainder = denominator % numerator
    denominator = numerator
    numerator = remainder
  }
  return positive
}

function isThreeOrFive(residue: number): boolean {
  return residue === 3 || residue === 5
}

function trailingZeros(value: bigint): number {
  let zeros = 0
  let rest = value
  for (;;) {
    const low = Number(rest & MASK_32)
    if (low !== 0) return zeros + (31 - Math.clz32(low & -low))
    zeros += 32
    rest >>= 32n
  }
}

/**
 * A square root of a field element known to be a square other than 0, and its inverse, which comes with it:
 * y = value^((p - 3) / 4), as p is 3 modulo 4; then y * value is the root and y^2 the inverse.
 */
export function squareRootAndInverse(value: bigint): { readonly root: bigint; readonly inverse: bigint } {
  const x2 = times(square(value, 1), value)
  const x3 = times(square(x2, 1), value)
  const x6 = times(square(x3, 3), x3)
  const x9 = times(square(x6, 3), x3)
  const x11 = times(square(x9, 2), x2)
  const x22 = times(square(x11, 11), x11)
  const x44 = times(square(x22, 22), x22)
  const x88 = times(square(x44, 44), x44)
  const x176 = times(square(x88, 88), x88)
  const x220 = times(square(x176, 44), x44)
  const x223 = times(square(x220, 3), x3)
  // (p - 3) / 4 in binary: 223 ones, a zero, 22 ones, 4 zeros, 1, 0, 1, 1.
  const tail = times(square(x223, 23), x22)
  const y = times(square(times(square(tail, 5), value), 3), x2)
  return { root: times(y, value), inverse: times(y, y) }
}

function times(a: bigint, b: bigint): bigint {
  return (a * b) % FIELD_PRIME
}

function square(value: bigint, count: number): bigint {
  let result = value
  for (let index = 0; index < count; index++) result = (result * result) % FIELD_PRIME
  return result
}
