/**
 * What encrypts the lengths of packets (BIP324, "Packet encryption overview").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * ChaCha20: https://www.rfc-editor.org/rfc/rfc8439
 * @module
 */

import { type CryptoBackend, KEY_LENGTH } from '../../crypto/backend.ts'

/** Packets between two changes of key (BIP324 REKEY_INTERVAL). */
export const REKEY_INTERVAL = 224

/** Bytes of an encrypted packet length. */
export const LENGTH_BYTES = 3

const EPOCH_LENGTH = REKEY_INTERVAL * LENGTH_BYTES

/**
 * FSChaCha20 (BIP324) for the lengths of one direction's packets. The keystream of an epoch, 224 lengths and
 * the next key, is made at once: a length then costs three XORs.
 */
export class LengthCipher {
  readonly #crypto: CryptoBackend
  readonly #nonce = new Uint8Array(12)
  readonly #nonceView = new DataView(this.#nonce.buffer)
  #key: Uint8Array
  #keystream: Uint8Array | undefined
  #offset = 0
  #rekeys = 0

  /** @param key 32 bytes; copied. */
  constructor(crypto: CryptoBackend, key: Uint8Array) {
    this.#crypto = crypto
    this.#key = Uint8Array.from(key)
  }

  /** Encrypts or decrypts a length, 0 to 2^24 - 1, at its turn. */
  apply(length: number): number {
    const keystream = (this.#keystream ??= this.#epoch())
    const offset = this.#offset
    const mask = keystream[offset]! | (keystream[offset + 1]! << 8) | (keystream[offset + 2]! << 16)
    this.#offset = offset + LENGTH_BYTES
    if (this.#offset === EPOCH_LENGTH) this.#rekey(keystream)
    return length ^ mask
  }

  wipe(): void {
    this.#key.fill(0)
    this.#keystream?.fill(0)
  }

  #epoch(): Uint8Array {
    this.#nonceView.setBigUint64(4, BigInt(this.#rekeys), true)
    return this.#crypto.chacha20(this.#key, this.#nonce, 0, EPOCH_LENGTH + KEY_LENGTH)
  }

  #rekey(keystream: Uint8Array): void {
    this.#key.set(keystream.subarray(EPOCH_LENGTH))
    keystream.fill(0)
    this.#keystream = undefined
    this.#offset = 0
    this.#rekeys += 1
  }
}
