import type { Random } from './random.ts'

/** Most bytes that one `getRandomValues` call gives (Web Crypto API). */
const MAX_BYTES_PER_CALL = 65_536
/** Bytes that are drawn ahead: a call costs microseconds, whatever it gives. */
const POOL_BYTES = 4_096
/** Most bytes that are taken of them: choices and nonces. What is longer may be a key, and is drawn alone. */
const MAX_POOLED_BYTES = 16

class SystemRandom implements Random {
  readonly #pool = new Uint8Array(POOL_BYTES)
  #taken = POOL_BYTES

  bytes(length: number): Uint8Array {
    if (length > MAX_POOLED_BYTES) return drawBytes(new Uint8Array(length))
    if (this.#taken + length > POOL_BYTES) {
      drawBytes(this.#pool)
      this.#taken = 0
    }
    const bytes = this.#pool.slice(this.#taken, this.#taken + length)
    // Nobody gets them twice, and nobody who reads this memory later learns what was chosen.
    this.#pool.fill(0, this.#taken, this.#taken + length)
    this.#taken += length
    return bytes
  }
}

/** The runtime's cryptographically secure generator (`globalThis.crypto`). */
export const systemRandom: Random = new SystemRandom()

function drawBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  for (let offset = 0; offset < bytes.length; offset += MAX_BYTES_PER_CALL) {
    globalThis.crypto.getRandomValues(bytes.subarray(offset, offset + MAX_BYTES_PER_CALL))
  }
  return bytes
}
