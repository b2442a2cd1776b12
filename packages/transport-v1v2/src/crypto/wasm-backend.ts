import type { CryptoBackend } from './backend.ts'
import { createWasmCiphers } from './wasm-aead.ts'
import { createWasmCurve } from './wasm-curve.ts'

/**
 * BIP324's primitives by our own WebAssembly, and by `runtime` where that is the faster: hashes, and large
 * packets.
 * @param largest Bytes of a packet above which `runtime` enciphers it.
 * @returns undefined where WebAssembly cannot be loaded.
 */
export function createWasmBackend(runtime: CryptoBackend, largest: number): CryptoBackend | undefined {
  const ciphers = createWasmCiphers(runtime, largest)
  const curve = createWasmCurve()
  if (ciphers === undefined || curve === undefined) return undefined
  return { ...runtime, ...ciphers, ...curve, name: `wasm+${runtime.name}` }
}
