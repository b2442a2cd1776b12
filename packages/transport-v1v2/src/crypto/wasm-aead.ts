import { loadWasm } from '@sapwood/wire-codec/wasm'
import { type Aead, type CryptoBackend, TAG_LENGTH } from './backend.ts'
import { MODULE } from './chacha20-poly1305.wasm.ts'

/** Bytes of one part of a message, and of what else is authenticated (wasm/chacha20-poly1305.c). */
const MAX_PART = 65_536
const MAX_AAD = 4_096
/** Bytes of keystream that one block counter stands for (RFC 8439). */
const CHACHA_BLOCK = 64
/** The first part is 64 bytes shorter: block 0 of the keystream makes the key of the tag. */
const FIRST_PART: number = MAX_PART - CHACHA_BLOCK

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly key_at: () => number
  readonly nonce_at: () => number
  readonly aad_at: () => number
  readonly message_at: () => number
  readonly seal: (aadLength: number, length: number) => void
  readonly open: (aadLength: number, length: number) => number
  readonly begin: (aadLength: number) => void
  readonly part: (length: number, opening: number) => void
  readonly end_sealing: (aadLength: number, at: number) => void
  readonly end_opening: (aadLength: number, at: number) => number
  readonly stream: (block: number, length: number) => void
}

/** The ciphers of a `CryptoBackend`. */
export type Ciphers = Pick<CryptoBackend, 'chacha20' | 'createAead'>

/**
 * ChaCha20 and Poly1305 by our own WebAssembly (wasm/chacha20-poly1305.c).
 * @param runtime Does what is longer than `largest` bytes, for which it is the faster. Absent where it never
 * is: then 4,096 bytes at most are authenticated beside a message, and BIP324 never asks for more.
 * @returns undefined where WebAssembly cannot be loaded.
 */
export function createWasmCiphers(runtime: Ciphers | undefined, largest: number): Ciphers | undefined {
  const module = loadWasm(MODULE) as Exports | undefined
  if (module === undefined) return undefined
  const memory = new WasmMemory(module)
  return {
    chacha20: (key, nonce, block, length) => {
      if (length > MAX_PART && runtime !== undefined) return runtime.chacha20(key, nonce, block, length)
      const part = (at: number): Uint8Array => {
        const size = Math.min(length - at, MAX_PART)
        memory.begin(key, nonce)
        module.stream(block + at / CHACHA_BLOCK, size)
        return memory.takeSecret(size)
      }
      if (length <= MAX_PART) return part(0)
      const keystream = new Uint8Array(length)
      for (let at = 0; at < length; at += MAX_PART) keystream.set(part(at), at)
      return keystream
    },
    createAead: (key) => new WasmAead(memory, module, key, runtime, largest),
  }
}

/** The module's memory, which all connections use in turn: nothing in it outlives a call. */
class WasmMemory {
  readonly message: Uint8Array
  readonly #key: Uint8Array
  readonly #nonce: Uint8Array
  readonly #aad: Uint8Array

  constructor(module: Exports) {
    const { buffer } = module.memory
    this.#key = new Uint8Array(buffer, module.key_at(), 32)
    this.#nonce = new Uint8Array(buffer, module.nonce_at(), 12)
    this.#aad = new Uint8Array(buffer, module.aad_at(), MAX_AAD)
    this.message = new Uint8Array(buffer, module.message_at(), MAX_PART + TAG_LENGTH)
  }

  /** Puts in what a message is sealed with. @returns bytes of `aad`. The module overwrites the key. */
  begin(key: Uint8Array, nonce: Uint8Array, aad?: Uint8Array): number {
    this.#key.set(key)
    this.#nonce.set(nonce)
    if (aad === undefined) return 0
    this.#aad.set(aad)
    return aad.length
  }

  /** The first bytes of the message, which are overwritten here. */
  takeSecret(length: number): Uint8Array {
    const bytes = this.message.slice(0, length)
    this.message.fill(0, 0, length)
    return bytes
  }
}

class WasmAead implements Aead {
  readonly #memory: WasmMemory
  readonly #module: Exports
  readonly #key: Uint8Array
  readonly #runtime: Ciphers | undefined
  readonly #largest: number
  #forLarge: Aead | undefined

  constructor(
    memory: WasmMemory,
    module: Exports,
    key: Uint8Array,
    runtime: Ciphers | undefined,
    largest: number,
  ) {
    this.#memory = memory
    this.#module = module
    this.#key = Uint8Array.from(key)
    this.#runtime = runtime
    this.#largest = largest
  }

  sealInto(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    plaintext: Uint8Array,
  ): void {
    const { length } = plaintext
    if (this.#isForRuntime(length, aad)) {
      this.#large.sealInto(out, offset, nonce, aad, plaintext)
    } else if (length <= FIRST_PART) {
      const aadLength = this.#memory.begin(this.#key, nonce, aad)
      const { message } = this.#memory
      message.set(plaintext)
      this.#module.seal(aadLength, length)
      out.set(message.subarray(0, length + TAG_LENGTH), offset)
    } else {
      out.set(plaintext, offset)
      this.#sealInPlace(out.subarray(offset, offset + length + TAG_LENGTH), nonce, aad)
    }
  }

  sealParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    head: Uint8Array,
    body: Uint8Array,
  ): readonly Uint8Array[] {
    const length = head.length + body.length
    if (this.#isForRuntime(length, aad)) return this.#large.sealParts(nonce, aad, head, body)
    const out = new Uint8Array(length + TAG_LENGTH)
    out.set(head)
    out.set(body, head.length)
    this.#sealInPlace(out, nonce, aad)
    return [out]
  }

  open(nonce: Uint8Array, aad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_LENGTH
    if (this.#isForRuntime(length, aad)) return this.#large.open(nonce, aad, sealed)
    if (length > FIRST_PART) {
      // A copy: `slice` of a Buffer is none.
      const bytes = new Uint8Array(sealed.subarray(0, length))
      return this.#openInPlace(bytes, nonce, aad, sealed.subarray(length))
    }
    const aadLength = this.#memory.begin(this.#key, nonce, aad)
    this.#memory.message.set(sealed)
    return this.#module.open(aadLength, length) === 1 ? this.#memory.takeSecret(length) : undefined
  }

  openParts(
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    parts: readonly Uint8Array[],
    tag: Uint8Array,
  ): readonly Uint8Array[] | undefined {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (this.#isForRuntime(length, aad)) return this.#large.openParts(nonce, aad, parts, tag)
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    const plaintext = this.#openInPlace(bytes, nonce, aad, tag)
    return plaintext === undefined ? undefined : [plaintext]
  }

  wipe(): void {
    this.#key.fill(0)
    this.#forLarge?.wipe()
  }

  #isForRuntime(length: number, aad: Uint8Array | undefined): boolean {
    return length > this.#largest || (aad !== undefined && aad.length > MAX_AAD)
  }

  get #large(): Aead {
    if (this.#runtime === undefined) throw new RangeError(`Additional data is ${MAX_AAD} bytes at most`)
    return (this.#forLarge ??= this.#runtime.createAead(this.#key))
  }

  /** @param bytes The plaintext, and room for its tag. */
  #sealInPlace(bytes: Uint8Array, nonce: Uint8Array, aad: Uint8Array | undefined): void {
    const length = bytes.length - TAG_LENGTH
    const aadLength = this.#run(bytes, length, nonce, aad, 0)
    this.#module.end_sealing(aadLength, 0)
    bytes.set(this.#memory.message.subarray(0, TAG_LENGTH), length)
  }

  /** @param bytes The ciphertext. @returns the same, now the plaintext; undefined where it is forged. */
  #openInPlace(
    bytes: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    const aadLength = this.#run(bytes, bytes.length, nonce, aad, 1)
    this.#memory.message.fill(0, 0, Math.min(bytes.length, MAX_PART))
    this.#memory.message.set(tag)
    if (this.#module.end_opening(aadLength, 0) === 1) return bytes
    bytes.fill(0)
    return undefined
  }

  /** En- or deciphers the first `length` of `bytes`, a part at a time. @returns bytes of `aad`. */
  #run(
    bytes: Uint8Array,
    length: number,
    nonce: Uint8Array,
    aad: Uint8Array | undefined,
    opening: 0 | 1,
  ): number {
    const { message } = this.#memory
    const aadLength = this.#memory.begin(this.#key, nonce, aad)
    this.#module.begin(aadLength)
    for (let at = 0, size = FIRST_PART; at < length; at += size, size = MAX_PART) {
      const part = bytes.subarray(at, Math.min(at + size, length))
      message.set(part)
      this.#module.part(part.length, opening)
      part.set(message.subarray(0, part.length))
    }
    return aadLength
  }
}
