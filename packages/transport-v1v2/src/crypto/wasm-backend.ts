import type { CryptoBackend } from './backend.ts'
import { createWasmCiphers } from './wasm-aead.ts'

/** Longer packets are faster by `node:crypto`, whose vectors are wider. */
const LARGEST_BESIDE_NODE = 4_096

/**
 * BIP324's primitives by our own WebAssembly, and by `runtime` where that is the faster: hashes, and large
 * packets where it is `node:crypto`.
 * @returns undefined where WebAssembly cannot be loaded.
 */
export function createWasmBackend(runtime: CryptoBackend): CryptoBackend | undefined {
  const largest = runtime.name === 'node' ? LARGEST_BESIDE_NODE : Infinity
  const ciphers = createWasmCiphers(runtime, largest)
  if (ciphers === undefined) return undefined
  return { ...runtime, ...ciphers, name: `wasm+${runtime.name}` }
}
