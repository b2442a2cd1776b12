/** Bytes of the tag that ChaCha20-Poly1305 ends a ciphertext with (RFC 8439). */
export const TAG_LENGTH = 16
/** Bytes of a key of ChaCha20 (RFC 8439). */
export const KEY_LENGTH = 32

/**
 * The primitives that BIP324 is made of. There is one implementation on the noble libraries, for any runtime,
 * and one on `node:crypto`; `#crypto` picks between them, and the `crypto` component replaces either.
 */
export interface CryptoBackend {
  readonly name: string
  /** SHA-256, 32 bytes. */
  sha256(data: Uint8Array): Uint8Array
  /** HMAC-SHA-256, 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  /**
   * `length` bytes of ChaCha20 keystream (RFC 8439), from the given 64-byte block on.
   * @param key 32 bytes. @param nonce 12 bytes.
   */
  chacha20(key: Uint8Array, nonce: Uint8Array, block: number, length: number): Uint8Array
  /** ChaCha20-Poly1305 (RFC 8439) with one 32-byte key; the key is copied. */
  createAead(key: Uint8Array): Aead
  /**
   * A secp256k1 secret key ready for use; the bytes are copied.
   * @param secret 32 bytes. @returns undefined when they are no valid key (zero, or not below the group
   * order).
   */
  createSecretKey(secret: Uint8Array): SecretKey | undefined
  /**
   * BIP324's XSwiftECInv: of the eight t with which u is an ElligatorSwift encoding of x, the one that
   * `branch` names.
   * @param x 32 bytes, the x coordinate of a point on the curve. @param u 32 bytes. @param branch 0 to 7.
   * @returns 32 bytes; undefined where there is none, and where u is 0.
   */
  ellSwiftInverse(x: Uint8Array, u: Uint8Array, branch: number): Uint8Array | undefined
}

/** What enciphers where a program gives nothing of its own. */
export interface CryptoInForce {
  readonly backend: CryptoBackend
  /**
   * Loads it; until then `backend` throws. Absent where it is there at once. Rejects with TransportError
   * `crypto-not-loaded`. @returns undefined once it is there.
   */
  load?(): Promise<void> | undefined
}

/**
 * ChaCha20-Poly1305 under one key. A nonce is 12 bytes, is never used twice, and may be changed after the
 * call.
 */
export interface Aead {
  /** Writes ciphertext and the 16-byte tag to `out` from `offset` on. */
  sealInto(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    plaintext: Uint8Array,
  ): void
  /**
   * Seals `head` followed by `body` without joining them. @returns parts to be sent in order, the tag last.
   */
  sealParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    head: Uint8Array,
    body: Uint8Array,
  ): readonly Uint8Array[]
  /**
   * @param sealed ciphertext and tag, at least 16 bytes.
   * @returns the plaintext, in memory of its own, perhaps as a Buffer; undefined when the tag does not match.
   */
  open(nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined
  /**
   * As `open`, with a ciphertext in parts and the 16-byte tag apart. @returns the plaintext, in as many parts
   * or fewer.
   */
  openParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    parts: readonly Uint8Array[],
    tag: Uint8Array,
  ): readonly Uint8Array[] | undefined
  /** Overwrites the key. No call may follow. */
  wipe(): void
}

/** A secp256k1 secret key. It has no way to give the secret out. */
export interface SecretKey {
  /** X coordinate of the public key, 32 bytes. */
  readonly x: Uint8Array
  /**
   * X-only Diffie-Hellman.
   * @param encoding the other key in ElligatorSwift, 64 bytes: whatever they are, they stand for a point.
   * @returns the shared point's x coordinate, 32 bytes.
   */
  sharedX(encoding: Uint8Array): Uint8Array
  /** Overwrites the secret as far as the runtime lets it. No call may follow. */
  wipe(): void
}
