import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEAF_TAG } from '../leaves/leaf-tag.ts'
import * as node from './crypto.node.ts'
import * as portable from './crypto.ts'

const reference = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha512-256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

describe.each([
  ['node', node],
  ['portable', portable],
])('the %s backend', (_, { hashInto, taggedHash }) => {
  it('hashes input of any length into its place, and nothing beside it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(40), (bytes, offset) => {
        const target = new Uint8Array(offset + 33).fill(7)
        hashInto(bytes, target, offset)
        expect(target.subarray(offset, offset + 32)).toEqual(reference(bytes))
        expect(target.filter((byte, i) => (i < offset || i >= offset + 32) && byte !== 7)).toHaveLength(0)
      }),
    )
  })

  it('hashes into its own input', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
    const expected = reference(bytes)
    hashInto(bytes, bytes, 16)
    expect(bytes.subarray(16, 48)).toEqual(expected)
  })

  it('puts the tag before a leaf twice, each leaf anew', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(taggedHash(bytes)).toEqual(reference(LEAF_TAG, LEAF_TAG, bytes))
      }),
    )
  })
})
