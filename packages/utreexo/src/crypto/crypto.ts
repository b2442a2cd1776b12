import { sha512_256 } from '@noble/hashes/sha2.js'
import { LEAF_TAG } from '../leaves/leaf-tag.ts'

/** SHA-512/256 in JavaScript, for any runtime, of all of `bytes`, written into `target` at `offset`. */
export function hashInto(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  target.set(sha512_256(bytes), offset)
}

/** Where every leaf's hash begins: the tag is one block of the hash, so that its state is computed once. */
let tagged: ReturnType<typeof sha512_256.create> | undefined

/** SHA-512/256 of the leaf tag, twice, and `bytes`. */
export function taggedHash(bytes: Uint8Array): Uint8Array {
  tagged ??= sha512_256.create().update(LEAF_TAG).update(LEAF_TAG)
  return tagged.clone().update(bytes).digest()
}
