/**
 * MurmurHash3, which bloom filters hash with (BIP37).
 * https://github.com/bitcoin/bips/blob/master/bip-0037.mediawiki
 * https://github.com/aappleby/smhasher
 * @module
 */

/**
 * MurmurHash3 for 32-bit machines, as bloom filters use it (BIP37): an unsigned 32-bit number.
 * @example
 * murmurHash3(0xfba4c795, Uint8Array.of(0)) // 3930000151
 */
export function murmurHash3(seed: number, bytes: Uint8Array): number {
  let hash = seed | 0
  const whole = bytes.length & ~3
  for (let i = 0; i < whole; i += 4) {
    hash ^= scramble(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe654_6b64
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!
  hash ^= scramble(tail) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e_2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b87_3593)
}
