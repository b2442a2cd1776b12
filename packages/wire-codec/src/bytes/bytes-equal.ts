import { requireBytes } from '../arguments/require-argument.ts'

/**
 * Whether both hold the same bytes. Not constant-time: not for secrets.
 * @example
 * bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2)) // true
 */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * Order by bytes, the shorter first where one is the start of the other: below 0, 0, or above 0.
 * @example
 * compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)) < 0 // true
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/**
 * One array with all of `parts` in order.
 * @throws TypeError for what is no bytes, such as hex.
 * @example
 * concatBytes(Uint8Array.of(1), Uint8Array.of(2, 3)) // Uint8Array(3) [ 1, 2, 3 ]
 */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) {
    requireBytes(part, 'concatBytes')
    length += part.length
  }
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
