import type { SecretKey } from './backend.ts'
import { decodedPoint } from './decoded-point.ts'

/** secp256k1 of a library that takes a secret key as 32 bytes with each call. */
export interface ScalarCurve {
  /** The compressed public key, 33 bytes. */
  publicKey(secret: Uint8Array): Uint8Array
  /** X coordinate of the shared point. @param point on the curve, compressed. */
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

  sharedX(encoding: Uint8Array): Uint8Array {
    return this.#curve.sharedX(this.#secret, decodedPoint(encoding))
  }

  wipe(): void {
    this.#secret.fill(0)
  }
}
