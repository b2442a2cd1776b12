import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitsToTarget, targetToBits, workOfBits, workOfTarget } from './target.ts'

describe('bitsToTarget', () => {
  // bitcoin/bitcoin src/test/arith_uint256_tests.cpp, bignum_SetCompact;
  // undefined where that is zero, negative or overflows.
  it.each([
    [0, undefined],
    [0x0012_3456, undefined],
    [0x0100_3456, undefined],
    [0x0200_0056, undefined],
    [0x0300_0000, undefined],
    [0x0400_0000, undefined],
    [0x0092_3456, undefined],
    [0x0180_3456, undefined],
    [0x0112_3456, 0x12n],
    [0x01fe_dcba, undefined],
    [0x0212_3456, 0x1234n],
    [0x0312_3456, 0x12_3456n],
    [0x0412_3456, 0x1234_5600n],
    [0x0492_3456, undefined],
    [0x0500_9234, 0x9234_0000n],
    [0x2012_3456, 0x123456n << 232n],
    [0xff12_3456, undefined],
    [0x207f_ffff, 0x7fffffn << 232n],
    [0x2200_00ff, 0xffn << 248n],
    [0x2200_0100, undefined],
    [0x2100_ffff, 0xffffn << 240n],
    [0x2101_0000, undefined],
  ])('reads %i', (bits, target) => {
    expect(bitsToTarget(bits)).toBe(target)
  })
})

describe('targetToBits', () => {
  it.each([
    [0n, 0],
    [0x12n, 0x0112_0000],
    [0x80n, 0x0200_8000],
    [0x1234n, 0x0212_3400],
    [0x12_3456n, 0x0312_3456],
    [0x7f_ffffn, 0x037f_ffff],
    [0x80_0000n, 0x0400_8000],
    [0x1234_5600n, 0x0412_3456],
    [0x9234_0000n, 0x0500_9234],
    [0xffff_0000n, 0x0500_ffff],
    [0x123456n << 232n, 0x2012_3456],
    [(1n << 224n) - 1n, 0x1d00_ffff],
  ])('writes %d', (target, bits) => {
    expect(targetToBits(target)).toBe(bits)
  })

  it('refuses what has no 256 bits', () => {
    for (const target of [-1n, 1n << 256n])
      expect(() => targetToBits(target)).toThrow(new RangeError('A target has 0 to 256 bits'))
    expect(targetToBits((1n << 256n) - 1n)).toBe(0x2100_ffff)
  })

  it('keeps the highest three bytes of any target, and is the inverse of what it wrote', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, (1n << 256n) - 1n), (target) => {
        const bits = targetToBits(target)
        const rounded = bitsToTarget(bits)!
        expect(rounded).toBeLessThanOrEqual(target)
        expect(target - rounded).toBeLessThan(target / 0x7fffn + 1n)
        expect(targetToBits(rounded)).toBe(bits)
      }),
    )
  })
})

describe('work', () => {
  it('is 2^256 over the target and one', () => {
    expect(workOfBits(0x1d00_ffff)).toBe(0x1_0001_0001n)
    expect(workOfBits(0x207f_ffff)).toBe(2n)
    expect(workOfTarget((1n << 256n) - 1n)).toBe(1n)
    expect(workOfTarget(0n)).toBe(1n << 256n)
    expect(workOfTarget(2n)).toBe((1n << 256n) / 3n)
  })

  it('is nothing for a target that no hash can meet', () => {
    expect(workOfBits(0)).toBe(0n)
    expect(workOfBits(0xff12_3456)).toBe(0n)
  })
})
