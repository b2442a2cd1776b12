import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase32, encodeBase32 } from './base32.ts'

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))

describe('base32', () => {
  // RFC 4648 §10, in lower case and without padding.
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('spells %j as %j', (text, spelt) => {
    expect(encodeBase32(ascii(text))).toBe(spelt)
    expect(decodeBase32(spelt)).toEqual(ascii(text))
    expect(decodeBase32(spelt.toUpperCase())).toEqual(ascii(text))
  })

  it.each(['m1', 'm8', 'm!', 'mÿ', 'my======', 'mz', 'm', 'mzx', 'mzxw6y'])('refuses %j', (text) => {
    expect(decodeBase32(text)).toBeUndefined()
  })

  it('reads back what it wrote, and has one spelling for each byte string', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes)
      }),
    )
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'.split('')) }),
        (text) => {
          const bytes = decodeBase32(text)
          if (bytes !== undefined) expect(encodeBase32(bytes)).toBe(text)
        },
      ),
    )
  })
})
