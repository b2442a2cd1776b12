import { createHash, hash } from 'node:crypto'
import type { Draw } from '../../../../tools/differential/draw.ts'
import { type Differential, same } from '../../../../tools/differential/target.ts'
import { fallbackHashes as node } from '../../src/crypto/crypto.node.ts'
import { fallbackHashes as noble } from '../../src/crypto/crypto.ts'
import type { Hashes } from '../../src/crypto/hashes.ts'
import { LEAF_TAG } from '../../src/crypto/leaf-tag.ts'
import { createWasmHashes } from '../../src/crypto/wasm-hashes.ts'

const BATCH = 300
const BORDERS = [0, 111, 112, 128, 239, 240, 256]

function compare(draw: Draw, { hashPairs, hashLeaf }: Hashes): number {
  const count = draw.below(4 * BATCH)
  const pairs = draw.bytes(64 * count)
  const target = new Uint8Array(32 * count)
  hashPairs(pairs, count, target, 0)
  for (let i = 0; i < count; i++)
    same(
      target.subarray(32 * i, 32 * i + 32),
      hash('sha512-256', pairs.subarray(64 * i, 64 * i + 64), 'buffer'),
      () => `pair ${i} of ${count}`,
    )
  for (let i = 0; i < BATCH; i++) {
    const leaf = draw.bytes(draw.length(400, BORDERS))
    const expected = createHash('sha512-256').update(LEAF_TAG).update(LEAF_TAG).update(leaf).digest()
    same(hashLeaf(leaf), expected, () => `a leaf of ${leaf.length} bytes`)
  }
  return count + BATCH
}

const wasm = createWasmHashes(node)!
const targets: readonly Differential[] = [
  { name: 'SHA-512/256: wasm beside node:crypto', compare: (draw) => compare(draw, wasm) },
  { name: 'SHA-512/256: noble beside node:crypto', compare: (draw) => compare(draw, noble) },
]
export default targets
