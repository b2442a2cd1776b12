/** How many shorter or simpler inputs are tried for one finding. */
const MAX_TRIES = 5000
/**
 * Milliseconds after which the smallest so far will do: some targets take a tenth of a second for each input.
 */
const MAX_TIME = 60_000

/**
 * The shortest and then plainest input found for which `fails` still holds: parts are cut out, then bytes
 * become zero.
 */
export async function minimise(
  bytes: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest = bytes
  let tries = 0
  const end = performance.now() + MAX_TIME
  const accept = async (candidate: Uint8Array): Promise<boolean> => {
    if (tries++ >= MAX_TRIES || performance.now() > end || !(await fails(candidate))) return false
    smallest = candidate
    return true
  }
  for (let size = Math.ceil(smallest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length; ) {
      if (!(await accept(without(smallest, at, size)))) at += size
    }
  }
  for (let at = 0; at < smallest.length; at++) {
    if (smallest[at] === 0) continue
    const candidate = smallest.slice()
    candidate[at] = 0
    await accept(candidate)
  }
  return smallest
}

function without(bytes: Uint8Array, at: number, size: number): Uint8Array {
  const end = Math.min(bytes.length, at + size)
  const rest = new Uint8Array(bytes.length - (end - at))
  rest.set(bytes.subarray(0, at))
  rest.set(bytes.subarray(end), at)
  return rest
}
