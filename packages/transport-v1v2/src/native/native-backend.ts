import secp256k1 from 'secp256k1'
import sodium from 'sodium-native'
import { concatBytes } from '@sapwood/wire-codec'
import type { Aead, CryptoBackend, SecretKey } from '../crypto/backend.ts'
import { cryptoBackend as nodeBackend } from '../crypto/crypto.node.ts'

const TAG_LENGTH = 16
/** Prefix of a compressed public key whose y coordinate is even. */
const EVEN_Y = 0x02

/**
 * BIP324's primitives from libsodium (`sodium-native`) and libsecp256k1 (`secp256k1`), for those who accept many
 * connections. Both are optional peer dependencies.
 */
export const nativeBackend: CryptoBackend = {
  name: 'native',
  sha256: (data) => nodeBackend.sha256(data),
  hmacSha256: (key, data) => nodeBackend.hmacSha256(key, data),
  chacha20: (key, nonce, block, length) => {
    const out = new Uint8Array(length)
    sodium.crypto_stream_chacha20_ietf_xor_ic(out, out, nonce, block, key)
    return out
  },
  createAead: (key) => new SodiumAead(key),
  createSecretKey: (secret) =>
    secp256k1.privateKeyVerify(secret) ? new LibsecpSecretKey(secret) : undefined,
}

class SodiumAead implements Aead {
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
    const target = out.subarray(offset, offset + plaintext.length + TAG_LENGTH)
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(target, plaintext, aad ?? null, null, nonce, this.#key)
  }

  sealParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    head: Uint8Array,
    body: Uint8Array,
  ): readonly Uint8Array[] {
    const out = new Uint8Array(head.length + body.length + TAG_LENGTH)
    out.set(head)
    out.set(body, head.length)
    // libsodium encrypts in place.
    this.sealInto(out, 0, nonce, aad, out.subarray(0, head.length + body.length))
    return [out]
  }

  open(nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined {
    const plaintext = new Uint8Array(sealed.length - TAG_LENGTH)
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, sealed, aad ?? null, nonce, this.#key)
      return plaintext
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

class LibsecpSecretKey implements SecretKey {
  readonly x: Uint8Array
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = Uint8Array.from(secret)
    this.x = secp256k1.publicKeyCreate(this.#secret, true).slice(1)
  }

  sharedX(x: Uint8Array): Uint8Array | undefined {
    const point = new Uint8Array(33)
    point[0] = EVEN_Y
    point.set(x, 1)
    try {
      return secp256k1.ecdh(
        point,
        this.#secret,
        { hashfn: (sharedX) => Uint8Array.from(sharedX) },
        new Uint8Array(32),
      )
    } catch {
      return undefined
    }
  }

  wipe(): void {
    this.#secret.fill(0)
  }
}
