import { describe, expect, it } from 'vitest'
import { blockHashFromHex, hashFromHex, hashToHex, txidFromHex, wtxidFromHex } from '../bytes/hash-text.ts'
import { asBlockHash, asHash256, asTxid, asWtxid } from './hashes.ts'

const text = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

describe('hashes', () => {
  it('are reversed in text', () => {
    for (const parse of [hashFromHex, blockHashFromHex, txidFromHex, wtxidFromHex]) {
      const hash = parse(text)
      expect(hash[0]).toBe(0x6f)
      expect(hash[31]).toBe(0)
      expect(hashToHex(hash)).toBe(text)
      expect(hash[0]).toBe(0x6f)
    }
  })

  it.each(['', text.slice(2), `${text}00`, `zz${text.slice(2)}`])('are not %j', (hex) => {
    expect(() => hashFromHex(hex)).toThrow(SyntaxError)
  })

  it('have 32 bytes', () => {
    for (const brand of [asBlockHash, asHash256, asTxid, asWtxid]) {
      const bytes = new Uint8Array(32)
      expect(brand(bytes)).toBe(bytes)
      expect(() => brand(new Uint8Array(31))).toThrow(RangeError)
      expect(() => brand(new Uint8Array(33))).toThrow(RangeError)
    }
  })
})
