/** What is used of `sodium-native`, which brings no declarations. */
declare module 'sodium-native' {
  const sodium: {
    crypto_aead_chacha20poly1305_ietf_encrypt(
      out: Uint8Array,
      message: Uint8Array,
      aad: Uint8Array | null,
      nsec: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    crypto_aead_chacha20poly1305_ietf_decrypt(
      out: Uint8Array,
      nsec: null,
      sealed: Uint8Array,
      aad: Uint8Array | null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
  }
  export default sodium
}
