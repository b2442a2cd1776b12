/** A hash as a map key: its bytes as characters, cheaper to make than hexadecimal. */
export function hashKey(hash: Uint8Array): string {
  return String.fromCharCode.apply(null, hash as never)
}
