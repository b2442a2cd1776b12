import { bytesToHex, hexToBytes } from '@sapwood/wire-codec'
import { elligatorSwift } from '@scure/btc-signer/p2p.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEllSwift } from '../../src/crypto/ellswift/decode.ts'
import { createSeededRandom } from '../../src/testing/index.ts'
import { encodeEllSwift } from '../../src/v2/keys/ephemeral-key.ts'
import { backends } from './backends.ts'
import { readVectors } from './csv.ts'

const encodings = fc.uint8Array({ minLength: 64, maxLength: 64 })

describe.each(backends)('ElligatorSwift with the $name backend', (backend) => {
  // Once a point is that point.
  const one = backend.createSecretKey(Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0)))!

  it.each(readVectors('ellswift_decode_test_vectors.csv'))('$ellswift: $comment', ({ ellswift = '', x }) => {
    expect(bytesToHex(decodeEllSwift(hexToBytes(ellswift)))).toBe(x)
    expect(bytesToHex(one.sharedX(hexToBytes(ellswift)))).toBe(x)
  })

  it('decodes as an independent implementation, any 64 bytes', () => {
    fc.assert(
      fc.property(encodings, (bytes) => {
        expect(bytesToHex(one.sharedX(bytes))).toBe(bytesToHex(elligatorSwift.decode(bytes)))
      }),
      { numRuns: 200 },
    )
  })

  it.each(readVectors('xswiftec_inv_test_vectors.csv'))('x $x with u $u', (row) => {
    const u = hexToBytes(row['u'] ?? '')
    const x = hexToBytes(row['x'] ?? '')
    for (let branch = 0; branch < 8; branch++) {
      const t = backend.ellSwiftInverse(x, u, branch)
      expect(t === undefined ? '' : bytesToHex(t)).toBe(row[`case${branch}_t`])
    }
  })

  it('has no encoding with a u of 0, which is read as 1', () => {
    const prime = hexToBytes('fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f')
    for (const u of [new Uint8Array(32), prime]) {
      for (let branch = 0; branch < 8; branch++)
        expect(backend.ellSwiftInverse(one.x, u, branch)).toBeUndefined()
    }
  })

  it('gives encodings that decode to the same x', () => {
    const random = createSeededRandom('ellswift')
    fc.assert(
      fc.property(encodings, (bytes) => {
        const x = decodeEllSwift(bytes)
        const encoding = encodeEllSwift(backend, x, random)
        expect(bytesToHex(decodeEllSwift(encoding))).toBe(bytesToHex(x))
        expect(bytesToHex(elligatorSwift.decode(encoding))).toBe(bytesToHex(x))
      }),
      { numRuns: 200 },
    )
  })
})
