/** Bytes of a hash of the accumulator (SHA-512/256). */
export const HASH_SIZE = 32

/**
 * What stands for an emptied tree or a deleted leaf: 32 zero bytes. A new array each time,
 * so that nobody can change it for others.
 */
export function emptyHash(): Uint8Array {
  return new Uint8Array(HASH_SIZE)
}

/** Whether the hash at `offset` of `hashes` is the empty one. */
export function isEmptyAt(hashes: Uint8Array, offset: number): boolean {
  for (let i = offset; i < offset + HASH_SIZE; i++) if (hashes[i] !== 0) return false
  return true
}

/** Whether `hash` is the empty one. */
export function isEmpty(hash: Uint8Array): boolean {
  return isEmptyAt(hash, 0)
}

/** Copies one hash. By hand: for 32 bytes a view and its `set` cost more than the loop. */
export function copyHash(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < HASH_SIZE; i++) to[toAt + i] = from[at + i]!
}
