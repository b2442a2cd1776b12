/**
 * Addresses of I2P.
 * https://geti2p.net/en/docs/naming#base32
 * @module
 */

import { HASH_SIZE } from '../hash/hashes.ts'
import { decodeBase32, encodeBase32 } from './base32.ts'

/** The only port of an I2P address: SAM 3.1 has no ports (Core, `I2P_SAM31_PORT`). */
export const I2P_PORT = 0

const SUFFIX = '.b32.i2p'

/** The name of the I2P destination with this 32-byte hash. */
export function formatI2p(hash: Uint8Array): string {
  return encodeBase32(hash) + SUFFIX
}

/** The 32-byte hash that a `.b32.i2p` name spells; `undefined` for any other length or alphabet. */
export function parseI2p(host: string): Uint8Array | undefined {
  const bytes = decodeBase32(host.slice(0, -SUFFIX.length))
  return bytes?.length === HASH_SIZE ? bytes : undefined
}
