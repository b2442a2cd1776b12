import sodium from 'sodium-native'
import { type CryptoBackend, TAG_LENGTH } from '../crypto/backend.ts'
import { cryptoBackend } from '../crypto/backend-in-force.ts'
import { JoinedAead, type WholeAead } from '../crypto/joined-aead.ts'

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

/**
 * The default backend with libsodium's ChaCha20-Poly1305 (`sodium-native`, an optional peer dependency),
 * which is the faster for packets of 1 to 5 kB, and the slower for smaller and for larger ones.
 */
export const nativeBackend: CryptoBackend = {
  name: 'native',
  sha256: (data) => cryptoBackend().sha256(data),
  hmacSha256: (key, data) => cryptoBackend().hmacSha256(key, data),
  chacha20: (key, nonce, block, length) => cryptoBackend().chacha20(key, nonce, block, length),
  createAead: (key) => new JoinedAead(key, aead),
  createSecretKey: (secret) => cryptoBackend().createSecretKey(secret),
  ellSwiftInverse: (x, u, branch) => cryptoBackend().ellSwiftInverse(x, u, branch),
}
