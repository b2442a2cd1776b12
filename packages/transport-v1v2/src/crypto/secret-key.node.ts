import { createECDH, type ECDH } from 'node:crypto'
import type { SecretKey } from './backend.ts'
import { decodedPoint } from './decoded-point.ts'

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

class NodeSecretKey implements SecretKey {
  readonly x: Uint8Array
  #ecdh: ECDH | undefined

  constructor(ecdh: ECDH) {
    this.#ecdh = ecdh
    this.x = Uint8Array.from(ecdh.getPublicKey(null, 'compressed').subarray(1))
  }

  sharedX(encoding: Uint8Array): Uint8Array {
    if (this.#ecdh === undefined) throw new RangeError('The key is wiped')
    const shared = this.#ecdh.computeSecret(decodedPoint(encoding))
    return new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
  }

  wipe(): void {
    // OpenSSL overwrites the scalar when it frees the key.
    this.#ecdh = undefined
  }
}
