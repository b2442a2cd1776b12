import type { Draw } from '../../../../tools/differential/draw.ts'
import type { Differential } from '../../../../tools/differential/target.ts'
import { plainRangedHash, rangedHash } from '../../src/hash/ranged-hash.ts'
import { sipKey } from '../../src/hash/sip-hash.ts'

const BATCH = 1_000
const BORDERS = [0, 7, 8, 16, 22, 34, 1_024]

const siphash: Differential = {
  name: 'hashes of filter items: wasm beside JavaScript',
  compare: (draw: Draw) => {
    const key = sipKey(draw.bytes(16))
    // As large as a filter of any block makes it, and now and then as large as it may be.
    const range = draw.below(8) === 0 ? Number.MAX_SAFE_INTEGER - draw.below(1_000) : 1 + draw.below(2 ** 32)
    const [one, other] = [rangedHash(key, range), plainRangedHash(key, range)]
    for (let i = 0; i < BATCH; i++) {
      const item = draw.bytes(draw.length(80, BORDERS))
      if (one(item) !== other(item)) throw new Error(`${Buffer.from(item).toString('hex')} in ${range}`)
    }
    return BATCH
  },
}
const targets: readonly Differential[] = [siphash]
export default targets
