import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { nobleCrypto as noble } from '../../src/crypto/noble-crypto.ts'
import { runtimeCrypto as node } from '../../src/crypto/crypto.node.ts'
import { nativeBackend } from '../../src/native/index.ts'
import { createPageCrypto } from '../../src/crypto/page-crypto.ts'
import { createWasmBackend } from '../../src/crypto/wasm-backend.ts'

/** Every implementation of the primitives: each passes the same tests. */
export const backends: readonly CryptoBackend[] = [
  node,
  noble,
  nativeBackend,
  createWasmBackend(node, 1_000)!,
  createPageCrypto()!,
]
