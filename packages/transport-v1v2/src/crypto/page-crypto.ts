import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { CryptoBackend } from './backend.ts'
import { createWasmBackend } from './wasm-backend.ts'

/**
 * Our WebAssembly, with noble's hashes.
 * @returns undefined where it cannot be loaded.
 */
export function createPageCrypto(): CryptoBackend | undefined {
  return createWasmBackend(
    { name: 'noble', sha256: (data) => sha256(data), hmacSha256: (key, data) => hmac(sha256, key, data) },
    Infinity,
  )
}
