import { HASH_SIZE, loadWasm } from '@sapwood/wire-codec'
import { LEAF_TAG } from './leaf-tag.ts'
import { type Hashes, MAX_PAIRS } from './hashes.ts'
import { MODULE } from './sha512-256.wasm.ts'

const PAIR_SIZE = 64
/** Bytes of a leaf behind its tag (wasm/sha512-256.c); a longer one is hashed by `fallback`. */
const MAX_LEAF: number = MAX_PAIRS * PAIR_SIZE - 256

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly buffer_at: () => number
  readonly hash_pairs: (count: number) => void
  readonly set_tag: () => void
  readonly hash_leaf: (length: number) => void
}

/**
 * Our own WebAssembly (wasm/sha512-256.c): nearly twice as fast as a call of `node:crypto` for each node,
 * since it hashes a whole row at once.
 * @returns undefined where the runtime has none, or may not compile it (a page whose CSP forbids
 * `wasm-unsafe-eval`).
 */
export function createWasmHashes(fallback: Hashes): Hashes | undefined {
  const module = loadWasm(MODULE) as Exports | undefined
  if (module === undefined) return undefined
  const start = module.buffer_at()
  const buffer = new Uint8Array(module.memory.buffer, start, MAX_PAIRS * PAIR_SIZE)
  buffer.set(LEAF_TAG, 0)
  buffer.set(LEAF_TAG, LEAF_TAG.length)
  module.set_tag()
  return {
    name: 'wasm',
    hashPairs: (pairs, count, target, offset) => {
      for (let done = 0; done < count; done += MAX_PAIRS) {
        const batch = Math.min(count - done, MAX_PAIRS)
        buffer.set(pairs.subarray(done * PAIR_SIZE, (done + batch) * PAIR_SIZE))
        module.hash_pairs(batch)
        target.set(buffer.subarray(0, batch * HASH_SIZE), offset + done * HASH_SIZE)
      }
    },
    hashLeaf: (bytes) => {
      if (bytes.length > MAX_LEAF) return fallback.hashLeaf(bytes)
      buffer.set(bytes)
      module.hash_leaf(bytes.length)
      return buffer.slice(0, HASH_SIZE)
    },
  }
}
