import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToHex } from '../bytes/hex.ts'
import * as node from './crypto.node.ts'
import * as portable from './crypto.ts'

const reference = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest())

describe.each([
  ['OpenSSL', node],
  ['JavaScript', portable],
])('SHA-256 by %s', (_, { sha256, sha256d, sha256dInto }) => {
  it('of "abc" (FIPS 180-2)', () => {
    const abc = new TextEncoder().encode('abc')
    expect(bytesToHex(sha256(abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(bytesToHex(sha256d(abc))).toBe('4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358')
  })

  it('of anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), (bytes) => {
        expect(sha256(bytes)).toEqual(reference(bytes))
        expect(sha256d(bytes)).toEqual(reference(reference(bytes)))
      }),
    )
  })

  it('is a Uint8Array and no Buffer', () => {
    for (const hash of [sha256, sha256d])
      expect(Object.getPrototypeOf(hash(new Uint8Array(1)))).toBe(Uint8Array.prototype)
  })

  it('is written into a place, which may be in its own input', () => {
    const row = Uint8Array.from({ length: 64 }, (_, i) => i)
    const expected = reference(reference(row))
    sha256dInto(row, row, 16)
    expect(row.subarray(16, 48)).toEqual(expected)
    expect(row[15]).toBe(15)
    expect(row[48]).toBe(48)
  })
})
