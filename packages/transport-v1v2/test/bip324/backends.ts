import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { cryptoBackend as noble } from '../../src/crypto/crypto.ts'
import { cryptoBackend as node } from '../../src/crypto/crypto.node.ts'
import { nativeBackend } from '../../src/native/index.ts'

/** Every implementation of the primitives: each passes the same tests. */
export const backends: readonly CryptoBackend[] = [node, noble, nativeBackend]
