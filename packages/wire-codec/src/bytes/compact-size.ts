/**
 * Largest CompactSize that Core reads where a length or a count is meant (`MAX_SIZE`, serialize.h): 32 MiB.
 */
export const MAX_COMPACT_SIZE = 0x0200_0000

/**
 * Number of bytes (1, 3, 5 or 9) that `value` takes as a CompactSize.
 * @example
 * [252, 253, 65_536].map(compactSizeLength) // [ 1, 3, 5 ]
 */
export function compactSizeLength(value: number | bigint): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffff_ffff ? 5 : 9
}
