import type { Random } from './random.ts'

/** Most bytes that one `getRandomValues` call gives (Web Crypto API). */
const MAX_BYTES_PER_CALL = 65_536

/** The runtime's cryptographically secure generator (`globalThis.crypto`). */
export const systemRandom: Random = {
  bytes: (length) => {
    const bytes = new Uint8Array(length)
    for (let offset = 0; offset < length; offset += MAX_BYTES_PER_CALL) {
      globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + MAX_BYTES_PER_CALL))
    }
    return bytes
  },
}
