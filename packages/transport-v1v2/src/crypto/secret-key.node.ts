import { createECDH, type ECDH } from 'node:crypto'
import type { SecretKey } from './backend.ts'
import { evenPoint } from './even-point.ts'

const CURVE = 'secp256k1'

/** A secp256k1 secret key of the runtime's own OpenSSL. */
export function createNodeSecretKey(secret: Uint8Array): SecretKey | undefined {
  const ecdh = createECDH(CURVE)
  try {
    ecdh.setPrivateKey(secret)
  } catch {
    return undefined
  }
  return new NodeSecretKey(ecdh)
}

/**
 * Whether this runtime's `node:crypto` has the curve, and goes on with a key whose bytes were overwritten
 * after it was set: Bun lacks the one, Deno the other.
 */
export function hasUsableCurve(): boolean {
  try {
    const secret = new Uint8Array(32)
    secret[31] = 1
    const key = createNodeSecretKey(secret)!
    secret.fill(0)
    // Once the generator is the generator.
    return Buffer.compare(key.sharedX(key.x)!, key.x) === 0
  } catch {
    return false
  }
}

class NodeSecretKey implements SecretKey {
  readonly x: Uint8Array
  #ecdh: ECDH | undefined

  constructor(ecdh: ECDH) {
    this.#ecdh = ecdh
    this.x = Uint8Array.from(ecdh.getPublicKey(null, 'compressed').subarray(1))
  }

  sharedX(x: Uint8Array): Uint8Array | undefined {
    try {
      const shared = this.#ecdh?.computeSecret(evenPoint(x))
      return shared === undefined
        ? undefined
        : new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
    } catch {
      return undefined
    }
  }

  wipe(): void {
    // OpenSSL overwrites the scalar when it frees the key.
    this.#ecdh = undefined
  }
}
