import type { CryptoBackend } from './backend.ts'
import { createWasmCiphers } from './wasm-aead.ts'

/**
 * BIP324's primitives by our own WebAssembly, and by `runtime` where that is the faster: hashes, keys, and
 * large packets.
 * @param largest Bytes of a packet above which `runtime` enciphers it.
 * @returns undefined where WebAssembly cannot be loaded.
 */
export function createWasmBackend(runtime: CryptoBackend, largest: number): CryptoBackend | undefined {
  const ciphers = createWasmCiphers(runtime, largest)
  if (ciphers === undefined) return undefined
  return { ...runtime, ...ciphers, name: `wasm+${runtime.name}` }
}
