import { startSha256 } from '#crypto'
import type { Sha256Backend } from './sha256-backend.ts'

let inForce: Sha256Backend | undefined

/**
 * What hashes here: made when it is first needed, so that importing this package costs nothing. In a page
 * JavaScript hashes until our WebAssembly has been loaded, which the first call begins.
 */
export function sha256Backend(): Sha256Backend {
  if (inForce !== undefined) return inForce
  const first: Sha256Backend = startSha256((better) => {
    // Not over what a program has chosen meanwhile.
    if (inForce === first) inForce = better
  })
  return (inForce = first)
}

/**
 * Lets something else hash, from now on and for the whole process: a program's own, or one of ours,
 * for a test or a bench.
 */
export function useSha256Backend(backend: Sha256Backend): void {
  inForce = backend
}

/**
 * SHA-256, 32 bytes.
 * @example
 * bytesToHex(sha256(new TextEncoder().encode('abc')).subarray(0, 8)) // 'ba7816bf8f01cfea'
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  return sha256Backend().sha256(bytes)
}

/**
 * SHA-256 of the SHA-256, 32 bytes in wire order.
 * @example
 * bytesToHex(sha256d(new Uint8Array(0)).subarray(0, 4)) // '5df6e0e2'
 */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return sha256Backend().sha256d(bytes)
}
