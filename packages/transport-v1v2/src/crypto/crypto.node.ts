import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  type DecipherChaCha20Poly1305,
  getCiphers,
  hash,
} from 'node:crypto'
import { type Aead, type CryptoBackend, type CryptoInForce, TAG_LENGTH } from './backend.ts'
import { ellSwiftInverse } from './ellswift/encode.ts'
import { createNodeSecretKey } from './secret-key.node.ts'
import { createWasmBackend } from './wasm-backend.ts'

const AEAD = 'chacha20-poly1305'
const AEAD_OPTIONS = { authTagLength: TAG_LENGTH }

/**
 * BIP324's primitives from `node:crypto` (OpenSSL). Bun lacks the cipher and the curve of it: there, and
 * wherever else it can, our WebAssembly does both.
 */
export const runtimeCrypto: CryptoBackend = {
  name: 'node',
  sha256: (data) => plain(hash('sha256', data, 'buffer')),
  hmacSha256: (key, data) => plain(createHmac('sha256', key).update(data).digest()),
  chacha20: (key, nonce, block, length) => {
    // OpenSSL takes the block counter, little-endian, in front of the nonce.
    const iv = new Uint8Array(16)
    new DataView(iv.buffer).setUint32(0, block, true)
    iv.set(nonce, 4)
    return plain(createCipheriv('chacha20', key, iv).update(new Uint8Array(length)))
  },
  createAead: (key) => new NodeAead(key),
  createSecretKey: createNodeSecretKey,
  ellSwiftInverse,
}

/** Bytes of a packet above which `node:crypto` is faster than our WebAssembly: its vectors are wider. */
const LARGEST_FOR_WASM: number = getCiphers().includes(AEAD) ? 4_096 : Infinity

/** Our WebAssembly with `node:crypto` beside it, at once. */
export function startCrypto(): CryptoInForce {
  return { backend: createWasmBackend(runtimeCrypto, LARGEST_FOR_WASM) ?? runtimeCrypto }
}

/** A Buffer's bytes as a Uint8Array, which is what leaves this package. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

class NodeAead implements Aead {
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
    const cipher = createCipheriv(AEAD, this.#key, nonce, AEAD_OPTIONS)
    if (aad !== undefined && aad.length > 0) cipher.setAAD(aad, { plaintextLength: plaintext.length })
    out.set(cipher.update(plaintext), offset)
    cipher.final()
    out.set(cipher.getAuthTag(), offset + plaintext.length)
  }

  sealParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    head: Uint8Array,
    body: Uint8Array,
  ): readonly Uint8Array[] {
    const cipher = createCipheriv(AEAD, this.#key, nonce, AEAD_OPTIONS)
    if (aad !== undefined && aad.length > 0) {
      cipher.setAAD(aad, { plaintextLength: head.length + body.length })
    }
    const parts = [plain(cipher.update(head)), plain(cipher.update(body))]
    cipher.final()
    parts.push(plain(cipher.getAuthTag()))
    return parts
  }

  open(nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_LENGTH
    const decipher = this.#decipher(nonce, aad, length, sealed.subarray(length))
    const plaintext = decipher.update(sealed.subarray(0, length))
    if (!isAuthentic(decipher)) {
      plaintext.fill(0)
      return undefined
    }
    return plaintext
  }

  openParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    parts: readonly Uint8Array[],
    tag: Uint8Array,
  ): readonly Uint8Array[] | undefined {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const decipher = this.#decipher(nonce, aad, length, tag)
    const plaintext = parts.map((part) => plain(decipher.update(part)))
    if (!isAuthentic(decipher)) {
      for (const part of plaintext) part.fill(0)
      return undefined
    }
    return plaintext
  }

  #decipher(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    plaintextLength: number,
    tag: Uint8Array,
  ): DecipherChaCha20Poly1305 {
    const decipher = createDecipheriv(AEAD, this.#key, nonce, AEAD_OPTIONS)
    if (aad !== undefined && aad.length > 0) decipher.setAAD(aad, { plaintextLength })
    decipher.setAuthTag(tag)
    return decipher
  }

  wipe(): void {
    this.#key.fill(0)
  }
}

/**
 * Only this call tells whether the plaintext that `update` has given already is forged: until then it goes
 * nowhere.
 */
function isAuthentic(decipher: DecipherChaCha20Poly1305): boolean {
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}
