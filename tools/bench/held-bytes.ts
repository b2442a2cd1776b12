/** Rounds without a lower figure after which memory is taken to have settled. */
const SETTLED_ROUNDS = 4
const MOST_ROUNDS = 60

/**
 * Bytes that are really in use: V8's heap and what lies outside of it. The backing stores of buffers are
 * given back some turns after their owners were collected, so it collects until the figure falls no further.
 * @throws Error without `--expose-gc`.
 */
export async function heldBytes(): Promise<number> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('Run with --expose-gc')
  let least = Infinity
  for (let round = 0, settled = 0; round < MOST_ROUNDS && settled < SETTLED_ROUNDS; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
    const { heapUsed, external } = process.memoryUsage()
    const held = heapUsed + external
    settled = held < least ? 0 : settled + 1
    least = Math.min(least, held)
  }
  return least
}
