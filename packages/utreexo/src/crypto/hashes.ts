/** Pairs that one call hashes, at most (wasm/sha512-256.c). */
export const MAX_PAIRS = 1024

/** The hashing that the accumulator needs, by whatever does it in this runtime. */
export interface Hashes {
  /**
   * What does it: our own WebAssembly, or what the runtime or `@noble/hashes`
   * has where that cannot be loaded.
   */
  readonly name: 'wasm' | 'node:crypto' | 'noble'
  /**
   * SHA-512/256 of each of the first `count` pairs of `pairs`, 64 bytes each; the results, 32 bytes each, are
   * written into `target` from `offset` on. `target` may be `pairs` itself where `offset` is 0.
   */
  hashPairs(pairs: Uint8Array, count: number, target: Uint8Array, offset: number): void
  /** SHA-512/256 of the leaf tag twice (BIP182) and `bytes`: 32 bytes. */
  hashLeaf(bytes: Uint8Array): Uint8Array
}
