import { LARGEST_FOR_WASM, runtimeCrypto } from '#crypto'
import type { CryptoBackend } from './backend.ts'
import { createWasmBackend } from './wasm-backend.ts'

let inForce: CryptoBackend | undefined

/**
 * What enciphers here where a program gives no `crypto` of its own: our WebAssembly where the runtime loads
 * it, else the runtime's own (`node:crypto`, or the noble libraries). Its `name` says which. Made when it is
 * first needed, so that importing this package costs nothing.
 */
export function cryptoBackend(): CryptoBackend {
  return (inForce ??= createWasmBackend(runtimeCrypto, LARGEST_FOR_WASM) ?? runtimeCrypto)
}
