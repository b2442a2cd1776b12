/** How many heights are given one by one before the distance doubles. */
const DENSE_HEIGHTS = 10

/**
 * The heights of a locator for a chain of `tipHeight`: ten in a row, then ever twice as far,
 * and 0 at the end.
 */
export function locatorHeights(tipHeight: number): number[] {
  const heights: number[] = []
  let step = 1
  for (let height = tipHeight; height > 0; height -= step) {
    heights.push(height)
    if (heights.length > DENSE_HEIGHTS) step *= 2
  }
  heights.push(0)
  return heights
}
