/**
 * The key of one connection, and the secret that both sides share (BIP324, "Shared secret computation").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

import type { CryptoBackend, SecretKey } from '../../crypto/backend.ts'
import type { Random } from '../../environment/random.ts'
import { ELLSWIFT_LENGTH } from '../../crypto/ellswift/decode.ts'

const SECRET_KEY_LENGTH = 32

/** The tag of BIP324's shared secret. */
const SECRET_TAG = 'bip324_ellswift_xonly_ecdh'

/** A key for one connection: its encoding is what the remote is sent first. */
export interface EphemeralKey {
  /** ElligatorSwift encoding of the public key, 64 bytes. */
  readonly encoding: Uint8Array
  /**
   * BIP324's shared secret, 32 bytes.
   * @param remoteEncoding the remote's 64 bytes. @param initiating whether this side opened the connection.
   */
  sharedSecret(remoteEncoding: Uint8Array, initiating: boolean): Uint8Array
  /** Overwrites the secret. No call may follow. */
  wipe(): void
}

/**
 * Makes a key for one connection: the costly half of a v2 handshake's work, which needs nothing of the
 * remote.
 */
export function createEphemeralKey(crypto: CryptoBackend, random: Random): EphemeralKey {
  for (;;) {
    const secret = random.bytes(SECRET_KEY_LENGTH)
    const key = crypto.createSecretKey(secret)
    secret.fill(0)
    // Once in 2^128 tries the bytes are no valid key.
    if (key !== undefined) return ephemeralKey(crypto, key, encodeEllSwift(crypto, key.x, random))
  }
}

/** Random bytes for one try: u, and the branch. */
const BYTES_PER_TRY = 33

/**
 * A uniformly random ElligatorSwift encoding of an x coordinate (BIP324, `xelligatorswift`): not to be told
 * from 64 random bytes. About four tries on average.
 * @param x 32 bytes, the x coordinate of a point on the curve. @returns 64 bytes.
 */
export function encodeEllSwift(crypto: CryptoBackend, x: Uint8Array, random: Random): Uint8Array {
  for (;;) {
    const bytes = random.bytes(BYTES_PER_TRY)
    const u = bytes.subarray(0, BYTES_PER_TRY - 1)
    const t = crypto.ellSwiftInverse(x, u, bytes[BYTES_PER_TRY - 1]! & 7)
    if (t === undefined) continue
    const encoding = new Uint8Array(ELLSWIFT_LENGTH)
    encoding.set(u)
    encoding.set(t, u.length)
    return encoding
  }
}

/** A key whose secret and encoding are given: for test vectors. */
export function ephemeralKey(crypto: CryptoBackend, key: SecretKey, encoding: Uint8Array): EphemeralKey {
  return {
    encoding,
    sharedSecret: (remoteEncoding, initiating) => {
      const x = key.sharedX(remoteEncoding)
      const secret = taggedHash(
        crypto,
        SECRET_TAG,
        initiating ? [encoding, remoteEncoding, x] : [remoteEncoding, encoding, x],
      )
      x.fill(0)
      return secret
    },
    wipe: () => key.wipe(),
  }
}

/** BIP340's tagged hash: SHA-256(SHA-256(tag) ‖ SHA-256(tag) ‖ data). */
function taggedHash(crypto: CryptoBackend, tag: string, parts: readonly Uint8Array[]): Uint8Array {
  const tagHash = crypto.sha256(Uint8Array.from(tag, (character) => character.charCodeAt(0)))
  const data = new Uint8Array(64 + parts.reduce((length, part) => length + part.length, 0))
  data.set(tagHash)
  data.set(tagHash, 32)
  let offset = 64
  for (const part of parts) {
    data.set(part, offset)
    offset += part.length
  }
  const hash = crypto.sha256(data)
  data.fill(0)
  return hash
}
