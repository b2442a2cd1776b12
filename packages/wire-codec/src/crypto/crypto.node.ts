import { hash } from 'node:crypto'

/** Where the first of two hashes waits for the second. */
const inner = Buffer.allocUnsafeSlow(32)

/** SHA-256 by the runtime's own OpenSSL. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return fromLatin1(hash('sha256', bytes, 'binary'))
}

/** SHA-256 of the SHA-256, 32 bytes in wire order. */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return fromLatin1(twice(bytes))
}

/** As `sha256d`, written into `target` at `offset`; `bytes` may be a part of it. */
export function sha256dInto(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  copyLatin1(twice(bytes), target, offset)
}

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
