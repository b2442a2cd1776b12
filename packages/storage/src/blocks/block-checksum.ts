import { createCipheriv } from 'node:crypto'

/** Bytes of a checksum. */
export const CHECKSUM_SIZE = 8

/** No secret: what damages a disk does not choose the bytes. */
const KEY = new Uint8Array(16)
const NONCE = new Uint8Array(12)

/**
 * A block's checksum: the first bytes of the authentication code of AES-128-GCM, whose polynomial the
 * processor has an instruction for: three times as fast as the CRC-32 of `node:zlib`, and less than a copy of
 * the same bytes takes.
 */
export function blockChecksum(bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-gcm', KEY, NONCE)
  cipher.setAAD(bytes)
  cipher.final()
  return new Uint8Array(cipher.getAuthTag().subarray(0, CHECKSUM_SIZE))
}
