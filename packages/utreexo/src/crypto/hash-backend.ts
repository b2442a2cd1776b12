import { fallbackHashes } from '#crypto'
import type { Hashes } from './hashes.ts'
import { createWasmHashes } from './wasm-hashes.ts'

let inForce: Hashes | undefined

/** What hashes here: made when it is first needed, so that importing this package costs nothing. */
export function hashes(): Hashes {
  return (inForce ??= createWasmHashes(fallbackHashes) ?? fallbackHashes)
}

/** Which backend is in force: `wasm`, or `node:crypto` or `noble` where WebAssembly cannot be loaded. */
export function hashBackendName(): Hashes['name'] {
  return hashes().name
}

/**
 * Lets something else hash, from now on and for the whole process: a program's own, or one of ours,
 * for a test or a bench.
 */
export function useHashes(backend: Hashes): void {
  inForce = backend
}
