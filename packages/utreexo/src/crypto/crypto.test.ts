import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEAF_TAG } from './leaf-tag.ts'
import { fallbackHashes as node } from './crypto.node.ts'
import { fallbackHashes as noble } from './crypto.ts'
import { hashBackendName, hashes, useHashes } from './hash-backend.ts'
import { createWasmHashes } from './wasm-hashes.ts'

const reference = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha512-256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const wasm = createWasmHashes(node)!

describe.each([
  ['wasm', wasm],
  ['node:crypto', node],
  ['noble', noble],
] as const)('the %s backend', (name, backend) => {
  it('says its name', () => {
    expect(backend.name).toBe(name)
  })

  it('hashes pairs into their place, and nothing beside it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 256, maxLength: 256 }),
        fc.nat(4),
        fc.nat(40),
        (pairs, count, offset) => {
          const target = new Uint8Array(offset + count * 32 + 1).fill(7)
          backend.hashPairs(pairs, count, target, offset)
          for (let i = 0; i < count; i++) {
            const expected = reference(pairs.subarray(i * 64, i * 64 + 64))
            expect(target.subarray(offset + i * 32, offset + i * 32 + 32)).toEqual(expected)
          }
          expect(target.subarray(0, offset).every((byte) => byte === 7) && target.at(-1) === 7).toBe(true)
        },
      ),
    )
  })

  it.each([1023, 1024, 1025, 2500])('hashes %i pairs in place', (count) => {
    const pairs = Uint8Array.from({ length: count * 64 }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
    const expected = Array.from({ length: count }, (_, i) => reference(pairs.subarray(i * 64, i * 64 + 64)))
    backend.hashPairs(pairs, count, pairs, 0)
    for (let i = 0; i < count; i++) expect(pairs.subarray(i * 32, i * 32 + 32)).toEqual(expected[i])
  })

  it('puts the tag before a leaf twice, each leaf anew, of every length', () => {
    for (let length = 0; length < 600; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 3 + length) & 0xff)
      expect(backend.hashLeaf(bytes)).toEqual(reference(LEAF_TAG, LEAF_TAG, bytes))
    }
    for (const length of [10_085, 65_279, 65_280, 65_281, 70_000]) {
      const bytes = new Uint8Array(length).fill(0xab)
      expect(backend.hashLeaf(bytes)).toEqual(reference(LEAF_TAG, LEAF_TAG, bytes))
    }
  })
})

it('WebAssembly is in force where there is any, and a program may choose', () => {
  expect(hashBackendName()).toBe('wasm')
  const chosen = hashes()
  useHashes(noble)
  expect(hashBackendName()).toBe('noble')
  useHashes(chosen)
})
