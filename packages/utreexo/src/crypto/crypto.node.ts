import { createHash, hash } from 'node:crypto'
import { LEAF_TAG } from './leaf-tag.ts'
import type { Hashes } from './hashes.ts'

/** SHA-512/256 by the runtime's own OpenSSL. */
export const fallbackHashes: Hashes = {
  name: 'node:crypto',
  hashPairs: (pairs, count, target, offset) => {
    for (let i = 0; i < count; i++) {
      // As a string of 32 characters: a Buffer is an object of its own memory, and costs twice as much.
      const digest = hash('sha512-256', pairs.subarray(i * 64, i * 64 + 64), 'binary')
      for (let j = 0; j < 32; j++) target[offset + i * 32 + j] = digest.charCodeAt(j)
    }
  },
  hashLeaf: (bytes) =>
    new Uint8Array(createHash('sha512-256').update(LEAF_TAG).update(LEAF_TAG).update(bytes).digest()),
}
