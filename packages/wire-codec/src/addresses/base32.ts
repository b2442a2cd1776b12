/**
 * Base32 (RFC 4648), small letters and no padding.
 * https://www.rfc-editor.org/rfc/rfc4648
 * @module
 */

/** The alphabet of RFC 4648 in lower case, as .onion and .b32.i2p names are written. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** Base32 of `bytes` (RFC 4648), lower case, without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let pending = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(pending >>> bits) & 31]!
    }
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (5 - bits)) & 31]!
}

/**
 * The bytes that `text` spells in Base32 without padding, in either case; `undefined` when a character is
 * none of the alphabet's or the bits left over at the end are not zero, so that each byte string has one
 * spelling.
 */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let length = 0
  let bits = 0
  let pending = 0
  for (const character of text.toLowerCase()) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    pending = ((pending << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[length++] = pending >>> bits
    }
  }
  const leftOver = pending & ((1 << bits) - 1)
  return leftOver === 0 && bits < 5 ? bytes : undefined
}
