import { afterEach, beforeEach, expect, it } from 'vitest'
import { hashes } from '../src/crypto/hash-backend.ts'
import { isUtreexoError, Stump, toTarget, useHashes } from '../src/index.ts'

// A peer chooses targets and hashes: what it costs us to find them wrong must not be more than it sent.

const LEAVES = 2 ** 52
const ROWS = 52
const backend = hashes()
let pairs = 0

beforeEach(() => {
  pairs = 0
  useHashes({
    name: backend.name,
    hashPairs: (from, count, to, offset) => {
      pairs += count
      backend.hashPairs(from, count, to, offset)
    },
    hashLeaf: (bytes) => backend.hashLeaf(bytes),
  })
})
afterEach(() => useHashes(backend))

const stump = new Stump(LEAVES, [new Uint8Array(32).fill(1)])
const filled = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(1 + (i % 200)))

/** The walk to the top is as long as it can be, and only there it turns out that nothing is true. */
function refused(offsets: readonly number[], count: number, deleting: boolean): string {
  const proof = {
    targets: BigUint64Array.from(offsets, (offset) => toTarget({ row: 0, offset })),
    hashes: filled(count),
  }
  const leaves = filled(offsets.length)
  try {
    if (deleting) stump.modify(proof, leaves)
    else stump.verify(proof, leaves)
  } catch (error) {
    if (isUtreexoError(error)) return error.code
    throw error
  }
  return 'accepted'
}

it.each([false, true])(
  'a proof costs a hash for each target and each hash that was sent: deleting %s',
  (deleting) => {
    const spread = Array.from({ length: 256 }, (_, i) => i * (LEAVES / 256))
    expect(refused(spread, 256 * (ROWS - 8), deleting)).toBe('root-mismatch')
    const sent = 256 + 256 * (ROWS - 8)
    expect(pairs).toBeLessThanOrEqual((deleting ? 2 : 1) * sent)
    expect(pairs).toBeGreaterThan(sent - 256)
  },
)

it('more hashes than the targets can use, doubled targets and those out of range cost none', () => {
  expect(refused([5], ROWS + 1, false)).toBe('proof-too-long')
  expect(refused([2 * LEAVES], ROWS, false)).toBe('target-out-of-range')
  expect(refused([5, 5], ROWS, false)).toBe('duplicate-target')
  expect(pairs).toBe(0)
})
