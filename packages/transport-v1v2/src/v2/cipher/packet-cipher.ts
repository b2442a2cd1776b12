/**
 * What encrypts and authenticates packets (BIP324, "Packet encryption overview").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * ChaCha20-Poly1305: https://www.rfc-editor.org/rfc/rfc8439
 * @module
 */

import { type Aead, type CryptoBackend, KEY_LENGTH, TAG_LENGTH } from '../../crypto/backend.ts'
import { REKEY_INTERVAL } from './length-cipher.ts'

/** The nonce counter that stands for a rekeying (BIP324: 0xffffffff in place of the packet number). */
const REKEY_COUNTER = 0xffffffff

/** FSChaCha20Poly1305 (BIP324): the packets of one direction, under a key that changes every 224. */
export class PacketCipher {
  readonly #crypto: CryptoBackend
  readonly #nonce = new Uint8Array(12)
  readonly #nonceView = new DataView(this.#nonce.buffer)
  readonly #key: Uint8Array
  #aead: Aead
  #packets = 0
  #rekeys = 0

  /** @param key 32 bytes; copied. */
  constructor(crypto: CryptoBackend, key: Uint8Array) {
    this.#crypto = crypto
    this.#key = Uint8Array.from(key)
    this.#aead = crypto.createAead(this.#key)
  }

  /** Times that the key has changed. */
  get rekeys(): number {
    return this.#rekeys
  }

  /** Writes ciphertext and tag, 16 bytes more than `plaintext` has, to `out` from `offset` on. */
  sealInto(out: Uint8Array, offset: number, aad: Uint8Array | undefined, plaintext: Uint8Array): void {
    this.#setNonce()
    this.#aead.sealInto(out, offset, this.#nonce, aad, plaintext)
    this.#advance()
  }

  /** Seals `head` and `body` as one packet without joining them; the tag is the last part. */
  sealParts(aad: Uint8Array | undefined, head: Uint8Array, body: Uint8Array): readonly Uint8Array[] {
    this.#setNonce()
    const parts = this.#aead.sealParts(this.#nonce, aad, head, body)
    this.#advance()
    return parts
  }

  /**
   * The plaintext of ciphertext and tag; undefined when they are not what the other side sealed at this turn.
   */
  open(aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined {
    this.#setNonce()
    const plaintext = this.#aead.open(this.#nonce, aad, sealed)
    this.#advance()
    return plaintext
  }

  /** As `open`, for ciphertext and tag that arrived in several parts. */
  openParts(aad: Uint8Array | undefined, sealed: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
    this.#setNonce()
    const { parts, tag } = splitTag(sealed)
    const plaintext = this.#aead.openParts(this.#nonce, aad, parts, tag)
    this.#advance()
    return plaintext
  }

  wipe(): void {
    this.#key.fill(0)
    this.#aead.wipe()
  }

  #setNonce(): void {
    this.#nonceView.setUint32(0, this.#packets, true)
  }

  #advance(): void {
    this.#packets += 1
    if (this.#packets === REKEY_INTERVAL) this.#rekey()
  }

  #rekey(): void {
    // BIP324 takes the first 32 bytes of sealing 32 zero bytes: keystream of the AEAD, whose block 0 makes
    // the tag's key.
    this.#nonceView.setUint32(0, REKEY_COUNTER, true)
    const next = this.#crypto.chacha20(this.#key, this.#nonce, 1, KEY_LENGTH)
    this.#key.set(next)
    next.fill(0)
    this.#aead.wipe()
    this.#aead = this.#crypto.createAead(this.#key)
    this.#packets = 0
    this.#rekeys += 1
    this.#nonceView.setBigUint64(4, BigInt(this.#rekeys), true)
  }
}

/** Takes the last 16 bytes off, wherever they were cut. */
function splitTag(sealed: readonly Uint8Array[]): { parts: readonly Uint8Array[]; tag: Uint8Array } {
  const parts = [...sealed]
  const tag = new Uint8Array(TAG_LENGTH)
  for (let missing = TAG_LENGTH; missing > 0; ) {
    const last = parts.pop()!
    const length = Math.min(missing, last.length)
    tag.set(last.subarray(last.length - length), missing - length)
    if (length < last.length) parts.push(last.subarray(0, last.length - length))
    missing -= length
  }
  return { parts, tag }
}
