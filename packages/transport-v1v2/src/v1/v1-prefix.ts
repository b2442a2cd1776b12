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

/** What the first bytes of an incoming connection have shown. */
export type DetectedProtocol = 'v1' | 'v2' | 'undecided'

/** Tells v1 from v2 by the first bytes, as early as that is possible (BIP324). */
export class V1Detector {
  readonly #prefix: Uint8Array
  #matched = 0

  constructor(magic: Uint8Array) {
    this.#prefix = v1Prefix(magic)
  }

  /** Bytes seen that all are those of the v1 prefix. */
  get matched(): Uint8Array {
    return this.#prefix.subarray(0, this.#matched)
  }

  /**
   * Looks at the next bytes: v2 with the first that differs from the prefix, v1 when all 16 are there. Until
   * it says `v2` or `v1`, the bytes that were seen are `matched`; the chunk that decides is not added to
   * them.
   */
  look(chunk: Uint8Array): DetectedProtocol {
    let matched = this.#matched
    for (const byte of chunk) {
      if (byte !== this.#prefix[matched]) return 'v2'
      matched += 1
      if (matched === V1_PREFIX_LENGTH) return 'v1'
    }
    this.#matched = matched
    return 'undecided'
  }
}
