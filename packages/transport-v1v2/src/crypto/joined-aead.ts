import { concatBytes } from '@noble/hashes/utils.js'
import { type Aead, TAG_LENGTH } from './backend.ts'

/** ChaCha20-Poly1305 of a library that takes a packet in one piece. */
export interface WholeAead {
  /** Writes ciphertext and tag to `out`, which may begin where `plaintext` does. */
  encrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    plaintext: Uint8Array,
    out: Uint8Array,
  ): void
  /** The plaintext, in memory of its own. @throws when the tag does not match. */
  decrypt(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array
}

/** An `Aead` that joins parts, for a library that cannot take them as they are. */
export class JoinedAead implements Aead {
  readonly #key: Uint8Array
  readonly #aead: WholeAead

  constructor(key: Uint8Array, aead: WholeAead) {
    this.#key = Uint8Array.from(key)
    this.#aead = aead
  }

  sealInto(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    plaintext: Uint8Array,
  ): void {
    const target = out.subarray(offset, offset + plaintext.length + TAG_LENGTH)
    this.#aead.encrypt(this.#key, nonce, aad, plaintext, target)
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
    this.#aead.encrypt(this.#key, nonce, aad, out.subarray(0, head.length + body.length), out)
    return [out]
  }

  open(nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined {
    try {
      return this.#aead.decrypt(this.#key, nonce, aad, sealed)
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
