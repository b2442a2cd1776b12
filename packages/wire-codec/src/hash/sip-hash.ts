/**
 * SipHash-2-4 (Aumasson, Bernstein), which BIP152 and BIP158 hash with.
 * https://www.aumasson.jp/siphash/siphash.pdf
 * @module
 */

import type { SipKey } from '../crypto/hash-items.ts'

/**
 * The key in the first 16 bytes of `bytes`: two little-endian words,
 * as BIP152 and BIP158 take it from a hash.
 */
export function sipKey(bytes: Uint8Array): SipKey {
  return { k0Low: word(bytes, 0), k0High: word(bytes, 4), k1Low: word(bytes, 8), k1High: word(bytes, 12) }
}

/** A 64-bit result as two unsigned halves: exact, and without a bigint for each item of a filter. */
export interface SipResult {
  low: number
  high: number
}

/** SipHash-2-4 of `bytes`, written into `result`. */
export function sipHashInto(key: SipKey, bytes: Uint8Array, result: SipResult): void {
  let v0Low = key.k0Low ^ 0x70736575
  let v0High = key.k0High ^ 0x736f6d65
  let v1Low = key.k1Low ^ 0x6e646f6d
  let v1High = key.k1High ^ 0x646f7261
  let v2Low = key.k0Low ^ 0x6e657261
  let v2High = key.k0High ^ 0x6c796765
  let v3Low = key.k1Low ^ 0x79746573
  let v3High = key.k1High ^ 0x74656462
  // The words of the message, the last one with the length in its highest byte;
  // after them the four closing rounds.
  const words = (bytes.length >>> 3) + 1
  for (let i = 0; i <= words; i++) {
    let low = 0
    let high = 0
    if (i === words) {
      v2Low ^= 0xff
    } else if (i === words - 1) {
      low = lastWord(bytes, 8 * i)
      high = lastWord(bytes, 8 * i + 4) | (bytes.length << 24)
    } else {
      low = word(bytes, 8 * i)
      high = word(bytes, 8 * i + 4)
    }
    v3Low ^= low
    v3High ^= high
    for (let round = i === words ? 4 : 2; round > 0; round--) {
      v0Low = (v0Low + v1Low) | 0
      v0High = (v0High + v1High + (v0Low >>> 0 < v1Low >>> 0 ? 1 : 0)) | 0
      let shifted = (v1Low << 13) | (v1High >>> 19)
      v1High = ((v1High << 13) | (v1Low >>> 19)) ^ v0High
      v1Low = shifted ^ v0Low
      shifted = v0Low
      v0Low = v0High
      v0High = shifted

      v2Low = (v2Low + v3Low) | 0
      v2High = (v2High + v3High + (v2Low >>> 0 < v3Low >>> 0 ? 1 : 0)) | 0
      shifted = (v3Low << 16) | (v3High >>> 16)
      v3High = ((v3High << 16) | (v3Low >>> 16)) ^ v2High
      v3Low = shifted ^ v2Low

      v0Low = (v0Low + v3Low) | 0
      v0High = (v0High + v3High + (v0Low >>> 0 < v3Low >>> 0 ? 1 : 0)) | 0
      shifted = (v3Low << 21) | (v3High >>> 11)
      v3High = ((v3High << 21) | (v3Low >>> 11)) ^ v0High
      v3Low = shifted ^ v0Low

      v2Low = (v2Low + v1Low) | 0
      v2High = (v2High + v1High + (v2Low >>> 0 < v1Low >>> 0 ? 1 : 0)) | 0
      shifted = (v1Low << 17) | (v1High >>> 15)
      v1High = ((v1High << 17) | (v1Low >>> 15)) ^ v2High
      v1Low = shifted ^ v2Low
      shifted = v2Low
      v2Low = v2High
      v2High = shifted
    }
    v0Low ^= low
    v0High ^= high
  }
  result.low = (v0Low ^ v1Low ^ v2Low ^ v3Low) >>> 0
  result.high = (v0High ^ v1High ^ v2High ^ v3High) >>> 0
}

/**
 * SipHash-2-4 of `bytes` under the 16-byte `key`, a 64-bit number.
 * @throws RangeError unless `key` is 16 bytes.
 * @example
 * sipHash24(Uint8Array.from({ length: 16 }, (_, i) => i), new Uint8Array(0)) // 8246050544436514353n
 */
export function sipHash24(key: Uint8Array, bytes: Uint8Array): bigint {
  if (key.length !== 16) throw new RangeError(`A SipHash key is 16 bytes, not ${key.length}`)
  const result = { low: 0, high: 0 }
  sipHashInto(sipKey(key), bytes, result)
  return (BigInt(result.high) << 32n) | BigInt(result.low)
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** As `word`, with zeros for what is beyond the end. */
function lastWord(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = Math.min(bytes.length, at + 4) - 1; i >= at; i--) value = (value << 8) | bytes[i]!
  return value
}
