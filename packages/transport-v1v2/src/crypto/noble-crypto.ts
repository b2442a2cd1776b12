import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { getPublicKey, getSharedSecret, utils } from '@noble/secp256k1'
import type { CryptoBackend } from './backend.ts'
import { ellSwiftInverse } from './ellswift/encode.ts'
import { JoinedAead, type WholeAead } from './joined-aead.ts'
import { type ScalarCurve, ScalarSecretKey } from './scalar-secret-key.ts'

const aead: WholeAead = {
  encrypt: (key, nonce, aad, plaintext, out) => {
    chacha20poly1305(key, nonce, aad).encrypt(plaintext, out)
  },
  decrypt: (key, nonce, aad, sealed) => chacha20poly1305(key, nonce, aad).decrypt(sealed),
}

const curve: ScalarCurve = {
  publicKey: (secret) => getPublicKey(secret),
  sharedX: (secret, point) => getSharedSecret(secret, point).slice(1),
}

/** BIP324's primitives from the noble libraries: for any JavaScript runtime. */
export const nobleCrypto: CryptoBackend = {
  name: 'noble',
  sha256: (data) => sha256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  chacha20: (key, nonce, block, length) => chacha20(key, nonce, new Uint8Array(length), undefined, block),
  createAead: (key) => new JoinedAead(key, aead),
  createSecretKey: (secret) =>
    utils.isValidSecretKey(secret) ? new ScalarSecretKey(secret, curve) : undefined,
  ellSwiftInverse,
}
