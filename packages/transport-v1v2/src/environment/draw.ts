import type { Random } from './random.ts'

/**
 * A uniform integer from 0 to `bound` - 1. `bound` is at least 1 and at most 2^32.
 * @example
 * const random = createSeededRandom('an example')
 * drawBelow(random, 6) < 6 // true
 */
export function drawBelow(random: Random, bound: number): number {
  if (bound <= 1) return 0
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
  for (;;) {
    const value = drawWord(random)
    // Values past the last whole multiple would make the small results more likely than the others.
    if (value < limit) return value % bound
  }
}

/** A uniform number from 0 to (not including) 1, with 32 bits of randomness. */
export function drawUnit(random: Random): number {
  return drawWord(random) / 0x1_0000_0000
}

/**
 * An exponentially distributed number of that mean: the wait of a process that forgets,
 * which hides its timing.
 */
export function drawExponential(random: Random, mean: number): number {
  return -Math.log1p(-drawUnit(random)) * mean
}

/** Puts an array into random order, in place. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = drawBelow(random, index + 1)
    const item = items[index]!
    items[index] = items[other]!
    items[other] = item
  }
  return items
}

/** A uniform 32-bit word. */
function drawWord(random: Random): number {
  const bytes = random.bytes(4)
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0
}
