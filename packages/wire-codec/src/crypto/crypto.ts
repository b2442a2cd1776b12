import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'

/** SHA-256 in JavaScript, for any runtime. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/** SHA-256 of the SHA-256, 32 bytes in wire order. */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return nobleSha256(nobleSha256(bytes))
}

/** As `sha256d`, written into `target` at `offset`; `bytes` may be a part of it. */
export function sha256dInto(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  target.set(sha256d(bytes), offset)
}
