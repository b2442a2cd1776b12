import { bytesToHex, hexToBytes } from '@sapwood/wire-codec'
import { elligatorSwift } from '@scure/btc-signer/p2p.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../src/testing/index.ts'
import { decodeEllSwift } from '../../src/v2/ellswift/decode.ts'
import { encodeEllSwift, xSwiftEcInverse } from '../../src/v2/ellswift/encode.ts'
import { fieldFromBytes, fieldToBytes } from '../../src/v2/ellswift/field.ts'
import { readVectors } from './csv.ts'

describe('ElligatorSwift decoding', () => {
  it.each(readVectors('ellswift_decode_test_vectors.csv'))('$ellswift: $comment', ({ ellswift = '', x }) => {
    expect(bytesToHex(decodeEllSwift(hexToBytes(ellswift)))).toBe(x)
  })

  it('agrees with an independent implementation on any 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        expect(bytesToHex(decodeEllSwift(bytes))).toBe(bytesToHex(elligatorSwift.decode(bytes)))
      }),
      { numRuns: 200 },
    )
  })
})

describe('ElligatorSwift encoding', () => {
  it.each(readVectors('xswiftec_inv_test_vectors.csv'))('x $x with u $u', (row) => {
    const u = fieldFromBytes(hexToBytes(row['u'] ?? ''))
    const x = fieldFromBytes(hexToBytes(row['x'] ?? ''))
    for (let branch = 0; branch < 8; branch++) {
      const t = xSwiftEcInverse(x, u, branch)
      const out = new Uint8Array(32)
      if (t !== undefined) fieldToBytes(t, out, 0)
      expect(t === undefined ? '' : bytesToHex(out)).toBe(row[`case${branch}_t`])
    }
  })

  it('gives encodings that decode to the same x', () => {
    const random = createSeededRandom('ellswift')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const x = decodeEllSwift(bytes)
        const encoding = encodeEllSwift(x, random)
        expect(bytesToHex(decodeEllSwift(encoding))).toBe(bytesToHex(x))
        expect(bytesToHex(elligatorSwift.decode(encoding))).toBe(bytesToHex(x))
      }),
      { numRuns: 200 },
    )
  })
})
