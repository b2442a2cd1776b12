import type { SecretKey } from './backend.ts'
import { evenPoint } from './even-point.ts'

/** secp256k1 of a library that takes a secret key as 32 bytes with each call. */
export interface ScalarCurve {
  /** The compressed public key, 33 bytes. */
  publicKey(secret: Uint8Array): Uint8Array
  /** X coordinate of the shared point. @throws when `point`, compressed, is not on the curve. */
  sharedX(secret: Uint8Array, point: Uint8Array): Uint8Array
}

/** A `SecretKey` that keeps the bytes of the secret, and overwrites them in the end. */
export class ScalarSecretKey implements SecretKey {
  readonly x: Uint8Array
  readonly #secret: Uint8Array
  readonly #curve: ScalarCurve

  constructor(secret: Uint8Array, curve: ScalarCurve) {
    this.#secret = Uint8Array.from(secret)
    this.#curve = curve
    this.x = curve.publicKey(this.#secret).slice(1)
  }

  sharedX(x: Uint8Array): Uint8Array | undefined {
    try {
      return this.#curve.sharedX(this.#secret, evenPoint(x))
    } catch {
      return undefined
    }
  }

  wipe(): void {
    this.#secret.fill(0)
  }
}
