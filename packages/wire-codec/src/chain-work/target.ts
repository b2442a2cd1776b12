/** A target has 256 bits. */
const MAX_TARGET = (1n << 256n) - 1n

/**
 * The 256-bit target that `bits` (nBits) stands for: its low 23 bits times 256 to the power of its high byte
 * less 3 (Core, `arith_uint256::SetCompact`). `undefined` where no hash can meet it or it is none: zero,
 * negative or above 256 bits.
 * @example
 * bitsToTarget(0x1d00ffff)!.toString(16).length // 56
 * bitsToTarget(0x1d80ffff) // undefined
 */
export function bitsToTarget(bits: number): bigint | undefined {
  const exponent = bits >>> 24
  const mantissa = bits & 0x7f_ffff
  const target =
    exponent <= 3 ? BigInt(mantissa >>> (8 * (3 - exponent))) : BigInt(mantissa) << BigInt(8 * (exponent - 3))
  const negative = (bits & 0x80_0000) !== 0
  return target === 0n || negative || target > MAX_TARGET ? undefined : target
}

/**
 * The compact form of a target, which keeps its highest 3 bytes (Core, `arith_uint256::GetCompact`): so
 * `bitsToTarget(targetToBits(target))` is at most `target`.
 * @throws RangeError when `target` is negative or above 256 bits.
 * @example
 * targetToBits(0xffffn << 208n).toString(16) // '1d00ffff'
 */
export function targetToBits(target: bigint): number {
  if (target < 0n || target > MAX_TARGET) throw new RangeError('A target has 0 to 256 bits')
  let size = target === 0n ? 0 : Math.ceil(target.toString(16).length / 2)
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)))
  // Bit 23 is the sign, so a mantissa that has it moves down a byte.
  if (mantissa > 0x7f_ffff) {
    mantissa >>>= 8
    size++
  }
  return ((size << 24) | mantissa) >>> 0
}

/** Expected number of hashes until one meets `target`: 2^256 / (target + 1) (Core, `GetBlockProof`). */
export function workOfTarget(target: bigint): bigint {
  return (1n << 256n) / (target + 1n)
}

/**
 * Expected number of hashes behind a header with `bits`; 0 where no hash can meet it.
 * @example
 * workOfBits(0x1d00ffff) // 4295032833n
 */
export function workOfBits(bits: number): bigint {
  const target = bitsToTarget(bits)
  return target === undefined ? 0n : workOfTarget(target)
}
