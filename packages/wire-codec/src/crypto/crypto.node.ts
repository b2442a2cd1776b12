import { hash } from 'node:crypto'

/** SHA-256 by the runtime's own OpenSSL. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return plain(hash('sha256', bytes, 'buffer'))
}

/** SHA-256 of the SHA-256, 32 bytes in wire order. */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return plain(hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer'))
}

/** A `Buffer` slices differently from the `Uint8Array` that callers are promised. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
