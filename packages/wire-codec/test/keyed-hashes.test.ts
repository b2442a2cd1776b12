import { describe, expect, it } from 'vitest'
import { hexToBytes, murmurHash3, sipHash24 } from '../src/index.ts'
import vectors from './vectors/core-hash.json' with { type: 'json' }

describe('MurmurHash3', () => {
  it.each(vectors.murmurhash3)('of $data with the seed $seed', ({ data, seed, expected }) => {
    expect(murmurHash3(Number(seed), hexToBytes(data))).toBe(Number(expected))
  })
})

describe('SipHash-2-4', () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i)

  it.each(vectors.siphash_2_4.out.map((hash, length) => ({ hash, length })))(
    'of $length bytes',
    ({ hash, length }) => {
      expect(
        sipHash24(
          key,
          Uint8Array.from({ length }, (_, i) => i),
        ),
      ).toBe(BigInt(hash))
    },
  )

  it.each([0, 15, 17])('has no key of %i bytes', (length) => {
    expect(() => sipHash24(new Uint8Array(length), key)).toThrow(RangeError)
  })
})
