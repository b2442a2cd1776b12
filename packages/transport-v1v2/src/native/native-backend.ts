import secp256k1 from 'secp256k1'
import sodium from 'sodium-native'
import { type CryptoBackend, TAG_LENGTH } from '../crypto/backend.ts'
import { runtimeCrypto as nodeBackend } from '../crypto/crypto.node.ts'
import { JoinedAead, type WholeAead } from '../crypto/joined-aead.ts'
import { type ScalarCurve, ScalarSecretKey } from '../crypto/scalar-secret-key.ts'

const X_LENGTH = 32

const aead: WholeAead = {
  encrypt: (key, nonce, aad, plaintext, out) => {
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(out, plaintext, aad ?? null, null, nonce, key)
  },
  decrypt: (key, nonce, aad, sealed) => {
    const plaintext = new Uint8Array(sealed.length - TAG_LENGTH)
    sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, sealed, aad ?? null, nonce, key)
    return plaintext
  },
}

const curve: ScalarCurve = {
  publicKey: (secret) => secp256k1.publicKeyCreate(secret, true),
  sharedX: (secret, point) =>
    secp256k1.ecdh(point, secret, { hashfn: (x) => Uint8Array.from(x) }, new Uint8Array(X_LENGTH)),
}

/**
 * BIP324's primitives from libsodium (`sodium-native`) and libsecp256k1 (`secp256k1`), for those who accept
 * many connections. Both are optional peer dependencies.
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
  createAead: (key) => new JoinedAead(key, aead),
  createSecretKey: (secret) =>
    secp256k1.privateKeyVerify(secret) ? new ScalarSecretKey(secret, curve) : undefined,
}
