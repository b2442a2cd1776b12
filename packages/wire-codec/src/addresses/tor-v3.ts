/**
 * Addresses of onion services, version 3.
 * https://spec.torproject.org/rend-spec/encoding-onion-addresses.html
 * @module
 */

import { sha3_256 } from '@noble/hashes/sha3.js'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { decodeBase32, encodeBase32 } from './base32.ts'

const SUFFIX = '.onion'
const VERSION = 3
const KEY_SIZE = 32
const CHECKSUM_PREFIX: Uint8Array = /* @__PURE__ */ Uint8Array.from('.onion checksum', (c) => c.charCodeAt(0))

/** The name of the onion service with this 32-byte public key (Tor's rend-spec-v3, ONIONADDRESS). */
export function formatTorV3(publicKey: Uint8Array): string {
  return encodeBase32(concatBytes(publicKey, checksum(publicKey), Uint8Array.of(VERSION))) + SUFFIX
}

/**
 * The 32-byte public key that a `.onion` name spells; `undefined` when its length,
 * version or checksum is wrong.
 */
export function parseTorV3(host: string): Uint8Array | undefined {
  const bytes = decodeBase32(host.slice(0, -SUFFIX.length))
  if (bytes?.length !== KEY_SIZE + 3 || bytes[KEY_SIZE + 2] !== VERSION) return undefined
  const publicKey = bytes.subarray(0, KEY_SIZE)
  const expected = checksum(publicKey)
  if (bytes[KEY_SIZE] !== expected[0] || bytes[KEY_SIZE + 1] !== expected[1]) return undefined
  return publicKey.slice()
}

function checksum(publicKey: Uint8Array): Uint8Array {
  return sha3_256(concatBytes(CHECKSUM_PREFIX, publicKey, Uint8Array.of(VERSION))).subarray(0, 2)
}
