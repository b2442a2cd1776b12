import { hash } from 'node:crypto'
import type { StartHashItems } from './hash-items.ts'
import { oneByOne } from './one-by-one.ts'
import type { RuntimeSha256, StartSha256 } from './sha256-backend.ts'
import { createWasmSha256 } from './wasm-sha256.ts'
import { createWasmHashItems } from './wasm-siphash.ts'

/** Where the first of two hashes waits for the second. */
const inner = Buffer.allocUnsafeSlow(32)

/** SHA-256 by the runtime's own OpenSSL. */
export const runtimeSha256: RuntimeSha256 = {
  name: 'node:crypto',
  // The processor knows SHA-256; a call into the runtime costs as much as hashing some hundreds of bytes.
  fasterFrom: 640,
  sha256: (bytes) => fromLatin1(hash('sha256', bytes, 'binary')),
  sha256d: (bytes) => fromLatin1(twice(bytes)),
  sha256dInto: (bytes, target, offset) => copyLatin1(twice(bytes), target, offset),
}

/** Our WebAssembly with OpenSSL beside it, at once: nothing takes over later. */
export const startSha256: StartSha256 = () => createWasmSha256(runtimeSha256) ?? oneByOne(runtimeSha256)

/** Our WebAssembly, at once. */
export const startHashItems: StartHashItems = () => createWasmHashItems()

/**
 * A hash as a string of 32 characters costs half of one as a Buffer, which is an object of its own memory.
 */
function twice(bytes: Uint8Array): string {
  inner.write(hash('sha256', bytes, 'binary'), 0, 32, 'latin1')
  return hash('sha256', inner, 'binary')
}

function fromLatin1(digest: string): Uint8Array {
  const bytes = new Uint8Array(32)
  copyLatin1(digest, bytes, 0)
  return bytes
}

function copyLatin1(digest: string, target: Uint8Array, offset: number): void {
  for (let i = 0; i < 32; i++) target[offset + i] = digest.charCodeAt(i)
}
