/** How many heights are given one by one before the distance doubles. */
const DENSE_HEIGHTS = 10

/**
 * The heights of a locator for a chain of `tipHeight`: ten in a row, then ever twice as far,
 * and the first that is known at the end.
 */
export function locatorHeights(tipHeight: number, base = 0): number[] {
  const heights: number[] = []
  let step = 1
  for (let height = tipHeight; height > base; height -= step) {
    heights.push(height)
    if (heights.length > DENSE_HEIGHTS) step *= 2
  }
  heights.push(base)
  return heights
}
