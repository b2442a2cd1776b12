import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { plainRangedHash, rangedHash } from './ranged-hash.ts'
import { sipHash24, sipKey } from './sip-hash.ts'

const noise = (seed: string, length: number): Uint8Array =>
  createHash('shake256', { outputLength: length }).update(seed).digest()

/** By bigint, as BIP158 has it. */
const byBigint = (key: Uint8Array, item: Uint8Array, range: number): number =>
  Number((sipHash24(key, item) * BigInt(range)) >> 64n)

describe('a ranged hash', () => {
  const key = noise('key', 16)

  it('is the upper half of hash times range, at every length of an item', () => {
    const range = 784_931 * 12_345
    const hashes = [rangedHash, plainRangedHash].map((make) => make(sipKey(key), range))
    for (let length = 0; length <= 1_040; length += length < 70 ? 1 : 97) {
      const item = noise(`${length}`, Math.max(1, length)).subarray(0, length)
      const expected = byBigint(key, item, range)
      for (const hash of hashes) expect(hash(item), `${length} bytes`).toBe(expected)
    }
  })

  it('is exact for ranges up to 2^53, and for many keys', () => {
    for (let round = 0; round < 2_000; round++) {
      const ownKey = noise(`key ${round}`, 16)
      const item = noise(`item ${round}`, 1 + (round % 40))
      const range = [0, 1, 784_931, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 784_931 * round][round % 7]!
      const expected = byBigint(ownKey, item, range)
      expect(rangedHash(sipKey(ownKey), range)(item)).toBe(expected)
      expect(plainRangedHash(sipKey(ownKey), range)(item)).toBe(expected)
    }
  })

  it('stays its own beside another', () => {
    const one = rangedHash(sipKey(key), 1_000_003)
    const other = rangedHash(sipKey(noise('other key', 16)), 99)
    const item = noise('item', 25)
    const [first, second] = [one(item), other(item)]
    expect([one(item), other(item)]).toEqual([first, second])
    expect(first).toBe(byBigint(key, item, 1_000_003))
  })
})
