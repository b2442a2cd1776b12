/**
 * Which entries of a list are meant: entry `i` is bit `i mod 8`, counted from the lowest, of byte `i div
 * 8`. An empty bitmap means none: that every entry is meant is said by a bit of the request's mask.
 */
export type Bitmap = Uint8Array

/**
 * The bitmap in which the bits of `indexes` are set, in as few bytes as hold them. @throws RangeError for an
 * index that is none.
 * @example
 * [...bitmapIndexes(bitmapOf([1, 9]), 16)] // [ 1, 9 ]
 */
export function bitmapOf(indexes: readonly number[]): Bitmap {
  let size = 0
  for (const index of indexes) {
    if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`Not an index: ${index}`)
    size = Math.max(size, Math.floor(index / 8) + 1)
  }
  const bitmap = new Uint8Array(size)
  for (const index of indexes) bitmap[Math.floor(index / 8)]! |= 1 << (index % 8)
  return bitmap
}

/** Whether `bitmap` means the entry at `index`; never beyond its end. */
export function bitmapHas(bitmap: Bitmap, index: number): boolean {
  return (((bitmap[Math.floor(index / 8)] ?? 0) >>> (index % 8)) & 1) === 1
}

/** The indexes below `count` that `bitmap` means, rising. */
export function* bitmapIndexes(bitmap: Bitmap, count: number): Generator<number> {
  for (let index = 0; index < count; index++) if (bitmapHas(bitmap, index)) yield index
}
