import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { getPublicKey, getSharedSecret, utils } from '@noble/secp256k1'
import { concatBytes } from '@sapwood/wire-codec'
import type { Aead, CryptoBackend, SecretKey } from './backend.ts'

/** Prefix of a compressed public key whose y coordinate is even. */
const EVEN_Y = 0x02

/** BIP324's primitives from the noble libraries: for any JavaScript runtime. */
export const cryptoBackend: CryptoBackend = {
  name: 'noble',
  sha256: (data) => sha256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  chacha20: (key, nonce, block, length) => chacha20(key, nonce, new Uint8Array(length), undefined, block),
  createAead: (key) => new NobleAead(key),
  createSecretKey: (secret) => (utils.isValidSecretKey(secret) ? new NobleSecretKey(secret) : undefined),
}

class NobleAead implements Aead {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key)
  }

  sealInto(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    plaintext: Uint8Array,
  ): void {
    chacha20poly1305(this.#key, nonce, aad).encrypt(
      plaintext,
      out.subarray(offset, offset + plaintext.length + 16),
    )
  }

  sealParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    head: Uint8Array,
    body: Uint8Array,
  ): readonly Uint8Array[] {
    const out = new Uint8Array(head.length + body.length + 16)
    out.set(head)
    out.set(body, head.length)
    this.sealInto(out, 0, nonce, aad, out.subarray(0, head.length + body.length))
    return [out]
  }

  open(nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined {
    try {
      return chacha20poly1305(this.#key, nonce, aad).decrypt(sealed)
    } catch {
      return undefined
    }
  }

  openParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    parts: readonly Uint8Array[],
    tag: Uint8Array,
  ): readonly Uint8Array[] | undefined {
    const plaintext = this.open(nonce, aad, concatBytes(...parts, tag))
    return plaintext === undefined ? undefined : [plaintext]
  }

  wipe(): void {
    this.#key.fill(0)
  }
}

class NobleSecretKey implements SecretKey {
  readonly x: Uint8Array
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = Uint8Array.from(secret)
    this.x = getPublicKey(this.#secret).slice(1)
  }

  sharedX(x: Uint8Array): Uint8Array | undefined {
    const point = new Uint8Array(33)
    point[0] = EVEN_Y
    point.set(x, 1)
    try {
      return getSharedSecret(this.#secret, point).slice(1)
    } catch {
      return undefined
    }
  }

  wipe(): void {
    this.#secret.fill(0)
  }
}
