import type { CryptoBackend } from './backend.ts'
import { type Ciphers, createWasmCiphers } from './wasm-aead.ts'
import { createWasmCurve } from './wasm-curve.ts'

/** What our WebAssembly does not do; with ciphers of its own where those are faster for large packets. */
export type RuntimeBeside = Pick<CryptoBackend, 'name' | 'sha256' | 'hmacSha256'> & Partial<Ciphers>

/**
 * BIP324's primitives by our own WebAssembly, and by `runtime` where that is the faster: hashes, and large
 * packets.
 * @param largest Bytes of a packet above which `runtime` enciphers it.
 * @returns undefined where WebAssembly cannot be loaded.
 */
export function createWasmBackend(runtime: RuntimeBeside, largest: number): CryptoBackend | undefined {
  const { name, sha256, hmacSha256, chacha20, createAead } = runtime
  const beside = chacha20 && createAead && { chacha20, createAead }
  const ciphers = createWasmCiphers(beside, largest)
  const curve = createWasmCurve()
  if (ciphers === undefined || curve === undefined) return undefined
  return { sha256, hmacSha256, ...ciphers, ...curve, name: `wasm+${name}` }
}
