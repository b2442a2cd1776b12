import { sha512_256 } from '@noble/hashes/sha2.js'
import { LEAF_TAG } from './leaf-tag.ts'
import type { Hashes } from './hashes.ts'

/** Where every leaf's hash begins: the tag is one block of the hash, so that its state is computed once. */
let tagged: ReturnType<typeof sha512_256.create> | undefined

/** SHA-512/256 in JavaScript, for any runtime. */
export const fallbackHashes: Hashes = {
  name: 'noble',
  hashPairs: (pairs, count, target, offset) => {
    for (let i = 0; i < count; i++)
      target.set(sha512_256(pairs.subarray(i * 64, i * 64 + 64)), offset + i * 32)
  },
  hashLeaf: (bytes) => {
    tagged ??= sha512_256.create().update(LEAF_TAG).update(LEAF_TAG)
    return tagged.clone().update(bytes).digest()
  },
}
