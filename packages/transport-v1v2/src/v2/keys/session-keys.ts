/**
 * The keys, terminators and id of a session (BIP324, `v2_initialize`).
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

import type { CryptoBackend } from '../../crypto/backend.ts'

/** Length of a garbage terminator (BIP324). */
export const GARBAGE_TERMINATOR_LENGTH = 16

const SALT_PREFIX = 'bitcoin_v2_shared_secret'
const TERMINATORS = 'garbage_terminators'

/**
 * What both sides derive from the shared secret (BIP324, `initialize_v2_transport`), as seen by one of them.
 */
export interface SessionKeys {
  /** 32 bytes, the same on both sides: for people to compare. Not a secret. */
  readonly sessionId: Uint8Array
  readonly sendLength: Uint8Array
  readonly sendPacket: Uint8Array
  readonly receiveLength: Uint8Array
  readonly receivePacket: Uint8Array
  readonly sendGarbageTerminator: Uint8Array
  readonly receiveGarbageTerminator: Uint8Array
}

/**
 * HKDF-SHA256 of the shared secret, salted with the network's magic.
 * @param sharedSecret 32 bytes; overwritten. @param magic 4 bytes.
 */
export function deriveSessionKeys(
  crypto: CryptoBackend,
  sharedSecret: Uint8Array,
  magic: Uint8Array,
  initiating: boolean,
): SessionKeys {
  const extracted = extract(crypto, sharedSecret, magic)
  sharedSecret.fill(0)
  const sessionId = expand(crypto, extracted, 'session_id')
  const initiatorLength = expand(crypto, extracted, 'initiator_L')
  const initiatorPacket = expand(crypto, extracted, 'initiator_P')
  const responderLength = expand(crypto, extracted, 'responder_L')
  const responderPacket = expand(crypto, extracted, 'responder_P')
  const terminators = expand(crypto, extracted, TERMINATORS)
  extracted.fill(0)
  const initiatorTerminator = terminators.subarray(0, GARBAGE_TERMINATOR_LENGTH)
  const responderTerminator = terminators.subarray(GARBAGE_TERMINATOR_LENGTH)

  return initiating
    ? {
        sessionId,
        sendLength: initiatorLength,
        sendPacket: initiatorPacket,
        receiveLength: responderLength,
        receivePacket: responderPacket,
        sendGarbageTerminator: initiatorTerminator,
        receiveGarbageTerminator: responderTerminator,
      }
    : {
        sessionId,
        sendLength: responderLength,
        sendPacket: responderPacket,
        receiveLength: initiatorLength,
        receivePacket: initiatorPacket,
        sendGarbageTerminator: responderTerminator,
        receiveGarbageTerminator: initiatorTerminator,
      }
}

/**
 * What would end the remote's garbage if it spoke for the network of `magic`.
 * @param sharedSecret 32 bytes; left as it is.
 */
export function terminatorElsewhere(
  crypto: CryptoBackend,
  sharedSecret: Uint8Array,
  magic: Uint8Array,
  initiating: boolean,
): Uint8Array {
  const extracted = extract(crypto, sharedSecret, magic)
  const terminators = expand(crypto, extracted, TERMINATORS)
  extracted.fill(0)
  const start = initiating ? GARBAGE_TERMINATOR_LENGTH : 0
  return terminators.slice(start, start + GARBAGE_TERMINATOR_LENGTH)
}

function extract(crypto: CryptoBackend, sharedSecret: Uint8Array, magic: Uint8Array): Uint8Array {
  const salt = new Uint8Array(SALT_PREFIX.length + magic.length)
  salt.set(asciiBytes(SALT_PREFIX))
  salt.set(magic, SALT_PREFIX.length)
  return crypto.hmacSha256(salt, sharedSecret)
}

/** One block of HKDF-Expand: HMAC(extracted, info ‖ 1). */
function expand(crypto: CryptoBackend, extracted: Uint8Array, info: string): Uint8Array {
  const data = new Uint8Array(info.length + 1)
  data.set(asciiBytes(info))
  data[info.length] = 1
  return crypto.hmacSha256(extracted, data)
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
