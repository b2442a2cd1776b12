import { bytesToHex } from '@sapwood/wire-codec'

/** The first bytes of a v1 connection: magic and the command `version` (BIP324, V1_PREFIX_LEN). */
export const V1_PREFIX_LENGTH = 16
const MAGIC_LENGTH = 4

/** magic ‖ "version" ‖ five zeros. */
export function v1Prefix(magic: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(V1_PREFIX_LENGTH)
  prefix.set(magic)
  prefix.set(
    Array.from('version', (character) => character.charCodeAt(0)),
    MAGIC_LENGTH,
  )
  return prefix
}

/**
 * What 16 bytes say that should have begun a v2 key.
 * @returns the magic in hex when they begin a v1 `version` message of any network, else undefined.
 */
export function v1MagicOf(bytes: Uint8Array, prefix: Uint8Array): string | undefined {
  for (let index = MAGIC_LENGTH; index < V1_PREFIX_LENGTH; index++) {
    if (bytes[index] !== prefix[index]) return undefined
  }
  return bytesToHex(bytes.subarray(0, MAGIC_LENGTH))
}
