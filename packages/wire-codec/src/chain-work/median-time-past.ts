/** How many headers the median is taken of (Core, `CBlockIndex::nMedianTimeSpan`). */
export const MEDIAN_TIME_SPAN = 11

/**
 * Median of the times of the last 11 headers (BIP113):
 * a block's own time must be above that of the one before it.
 * @param times Times of the headers up to that block, seconds, oldest first; only the last 11 are looked at.
 * With fewer, of an even number, the later of the two in the middle, as Core takes it.
 * @throws RangeError when there is none.
 * @example
 * medianTimePast([5, 1, 4, 2, 3]) // 3
 */
export function medianTimePast(times: readonly number[]): number {
  const last = times.slice(-MEDIAN_TIME_SPAN).sort((a, b) => a - b)
  const median = last[last.length >>> 1]
  if (median === undefined) throw new RangeError('No times to take the median of')
  return median
}
