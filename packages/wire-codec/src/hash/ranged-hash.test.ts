import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SipKey } from '../crypto/hash-items.ts'
import type { PackedItems } from '../crypto/packed-items.ts'
import { plainRangedHash } from './ranged-hash.ts'
import { sipHash24, sipKey } from './sip-hash.ts'

const noise = (seed: string, length: number): Uint8Array =>
  createHash('shake256', { outputLength: Math.max(1, length) })
    .update(seed)
    .digest()
    .subarray(0, length)

/** By bigint, as BIP158 has it. */
const byBigint = (key: Uint8Array, item: Uint8Array, range: number): number =>
  Number((sipHash24(key, item) * BigInt(range)) >> 64n)

type RangedHashes = typeof import('./ranged-hash.ts').rangedHashes
const key = noise('key', 16)

const runtimes = ['WebAssembly', 'WebAssembly of a page', 'JavaScript'] as const

describe.each(runtimes)('ranged hashes by %s', (by) => {
  let rangedHashes: RangedHashes
  let pack: (items: readonly Uint8Array[]) => PackedItems
  /** Each hash, and how many came at a time: the same of a list and of what has been packed. */
  const all = (
    sip: SipKey,
    range: number,
    items: readonly Uint8Array[],
  ): { hashes: number[]; batches: number[] } => {
    const of = hashed(sip, range, items)
    expect(hashed(sip, range, pack(items))).toEqual(of)
    return of
  }
  const hashed = (...of: Parameters<RangedHashes>): { hashes: number[]; batches: number[] } => {
    const hashes: number[] = []
    const batches: number[] = []
    for (const some of rangedHashes(...of)) {
      hashes.push(...some)
      batches.push(some.length)
    }
    return { hashes, batches }
  }

  beforeEach(async () => {
    vi.resetModules()
    if (by === 'JavaScript') vi.stubGlobal('WebAssembly', undefined)
    if (by === 'WebAssembly of a page') vi.doMock('#crypto', () => import('../crypto/crypto.ts'))
    const { PackedItems } = await import('../crypto/packed-items.ts')
    pack = (items) => new PackedItems(items)
    ;({ rangedHashes } = await import('./ranged-hash.ts'))
    if (by !== 'WebAssembly of a page') return
    // The first call begins the loading, and does not wait for it.
    expect(all(sipKey(key), 7, [key, key])).toEqual({
      hashes: expect.anything() as number[],
      batches: [1, 1],
    })
    await vi.dynamicImportSettled()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.doUnmock('#crypto')
  })

  it('are the upper half of hash times range, at every length of an item, alone and beside any other', () => {
    const range = 784_931 * 12_345
    const lengths = Array.from({ length: 70 }, (_, length) => length).concat(97, 1_024, 1_040)
    const items = lengths.map((length) => noise(`${length}`, length))
    const expected = items.map((item) => byBigint(key, item, range))
    const plain = plainRangedHash(sipKey(key), range)
    expect(items.map(plain)).toEqual(expected)
    expect(items.map((item) => all(sipKey(key), range, [item]).hashes[0])).toEqual(expected)
    for (let distance = 1; distance <= 9; distance++) {
      const pairs = items.flatMap((item, index) => [item, items[(index + distance) % items.length]!])
      const hashes = expected.flatMap((hash, index) => [hash, expected[(index + distance) % items.length]!])
      expect(all(sipKey(key), range, pairs).hashes).toEqual(hashes)
      expect(all(sipKey(key), range, pairs.slice(1)).hashes).toEqual(hashes.slice(1))
    }
  })

  it('are exact for ranges up to 2^53, and for many keys', () => {
    for (let round = 0; round < 500; round++) {
      const ownKey = noise(`key ${round}`, 16)
      const items = [1, 2, 3].map((n) => noise(`item ${round} ${n}`, 1 + ((n * round) % 40)))
      const range = [0, 1, 784_931, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 784_931 * round][round % 7]!
      const expected = items.map((item) => byBigint(ownKey, item, range))
      expect(all(sipKey(ownKey), range, items).hashes).toEqual(expected)
    }
  })

  it('are in order where there are more than fit, and where one alone is too large', () => {
    const items = Array.from({ length: 9_000 }, (_, index) => noise(`${index}`, 3))
    const large = [65_535, 65_536, 65_537, 1].map((length) => noise('large', length))
    const mixed = [...items.slice(0, 5), ...large, ...items.slice(5)]
    const plain = plainRangedHash(sipKey(key), 2 ** 40)
    const { hashes, batches } = all(sipKey(key), 2 ** 40, mixed)
    expect(hashes).toEqual(mixed.map(plain))
    if (by !== 'JavaScript') expect(batches).toEqual([5, 1, 1, 1, 4_096, 4_096, 804])
    expect(all(sipKey(key), 2 ** 40, []).hashes).toEqual([])
  })
})
