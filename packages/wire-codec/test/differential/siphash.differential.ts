import type { Draw } from '../../../../tools/differential/draw.ts'
import type { Differential } from '../../../../tools/differential/target.ts'
import { PackedItems } from '../../src/crypto/packed-items.ts'
import { plainRangedHash, rangedHashes } from '../../src/hash/ranged-hash.ts'
import { sipKey } from '../../src/hash/sip-hash.ts'

const BATCH = 1_000
const BORDERS = [0, 7, 8, 16, 22, 34, 1_024]

const siphash: Differential = {
  name: 'hashes of filter items: wasm beside JavaScript',
  compare: (draw: Draw) => {
    const key = sipKey(draw.bytes(16))
    // As large as a filter of any block makes it, and now and then as large as it may be.
    const range = draw.below(8) === 0 ? Number.MAX_SAFE_INTEGER - draw.below(1_000) : 1 + draw.below(2 ** 32)
    const plain = plainRangedHash(key, range)
    // Of the usual forms most are as long as the one before: two are hashed at a time then.
    let length = 22
    const items = Array.from({ length: BATCH }, () => {
      if (draw.below(3) === 0) length = draw.length(80, BORDERS)
      return draw.bytes(length)
    })
    let at = 0
    const given = draw.below(2) === 0 ? items : new PackedItems(items)
    for (const hashes of rangedHashes(key, range, given))
      for (const hash of hashes) {
        const item = items[at++]!
        if (hash !== plain(item)) throw new Error(`${Buffer.from(item).toString('hex')} in ${range}`)
      }
    if (at !== BATCH) throw new Error(`${at} hashes of ${BATCH} items`)
    return BATCH
  },
}
const targets: readonly Differential[] = [siphash]
export default targets
