import { hash } from 'node:crypto'
import { LEAF_TAG } from '../leaves/leaf-tag.ts'

/** SHA-512/256 by the runtime's own OpenSSL, of all of `bytes`, written into `target` at `offset`. */
export function hashInto(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  // As a string of 32 characters: a Buffer is an object of its own memory, and costs twice as much.
  const digest = hash('sha512-256', bytes, 'binary')
  for (let i = 0; i < 32; i++) target[offset + i] = digest.charCodeAt(i)
}

/** The tag twice, and room for most leaves behind it: a kept state of the hash costs more here than hashing it anew. */
let scratch: Uint8Array = new Uint8Array(512)
scratch.set(LEAF_TAG, 0)
scratch.set(LEAF_TAG, LEAF_TAG.length)

/** SHA-512/256 of the leaf tag, twice, and `bytes`. */
export function taggedHash(bytes: Uint8Array): Uint8Array {
  const start = 2 * LEAF_TAG.length
  if (scratch.length < start + bytes.length) {
    const larger = new Uint8Array(2 * (start + bytes.length))
    larger.set(scratch.subarray(0, start))
    scratch = larger
  }
  scratch.set(bytes, start)
  const digest = new Uint8Array(32)
  hashInto(scratch.subarray(0, start + bytes.length), digest, 0)
  return digest
}
