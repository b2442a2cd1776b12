/** Numbers that the work goes through: a megabyte, more than a processor's nearest memory. */
const NUMBERS = 1 << 18
const STEPS = 1_000_000
/** Times that it is done; the median counts, which what interrupts a few of them does not move. */
const TIMES = 15

const numbers = new Int32Array(NUMBERS)

/**
 * How long the same work takes on this machine now, in milliseconds. A machine that others share was slower
 * by half for seconds and minutes with nothing beside: downloads and this were so together.
 */
export function pace(): number {
  return Array.from({ length: TIMES }, work).sort((a, b) => a - b)[TIMES >> 1]!
}

/** Allocates nothing: what else the process holds and has to collect is not its business. */
function work(): number {
  const started = performance.now()
  let place = 1
  for (let step = 0; step < STEPS; step++) {
    // The generator of Numerical Recipes: its high bits, as an index, come in no order.
    place = (Math.imul(place, 1_664_525) + 1_013_904_223) | 0
    const index = place >>> 14
    numbers[index] = (numbers[index]! + place) | 0
  }
  return performance.now() - started
}
