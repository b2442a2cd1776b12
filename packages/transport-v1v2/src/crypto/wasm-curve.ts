import { loadWasm } from '@sapwood/wire-codec/wasm'
import type { CryptoBackend, SecretKey } from './backend.ts'
import { MODULE } from './secp256k1.wasm.ts'

/** What wasm/secp256k1.c exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly scalar_at: () => number
  readonly x_at: () => number
  readonly encoding_at: () => number
  readonly public_key: () => number
  readonly shared_x: () => number
  readonly inverse: (branch: number) => number
}

/** What a `CryptoBackend` does with the curve. */
export type Curve = Pick<CryptoBackend, 'createSecretKey' | 'ellSwiftInverse'>

const FIELD_LENGTH = 32

/**
 * secp256k1 by our own WebAssembly (wasm/secp256k1.c).
 * @returns undefined where WebAssembly cannot be loaded.
 */
export function createWasmCurve(): Curve | undefined {
  const module = loadWasm(MODULE) as Exports | undefined
  if (module === undefined) return undefined
  const memory = new CurveMemory(module)
  return {
    createSecretKey: (secret) => {
      memory.scalar.set(secret)
      return module.public_key() === 1 ? new WasmSecretKey(memory, module, secret) : undefined
    },
    ellSwiftInverse: (x, u, branch) => {
      memory.x.set(x)
      memory.encoding.set(u)
      return module.inverse(branch) === 1 ? memory.encoding.slice(FIELD_LENGTH) : undefined
    },
  }
}

/** The module's memory, which all keys use in turn: no secret in it outlives a call. */
class CurveMemory {
  /** A secret key. The module overwrites it. */
  readonly scalar: Uint8Array
  /** An x coordinate, taken or given. */
  readonly x: Uint8Array
  readonly encoding: Uint8Array

  constructor(module: Exports) {
    const { buffer } = module.memory
    this.scalar = new Uint8Array(buffer, module.scalar_at(), FIELD_LENGTH)
    this.x = new Uint8Array(buffer, module.x_at(), FIELD_LENGTH)
    this.encoding = new Uint8Array(buffer, module.encoding_at(), 2 * FIELD_LENGTH)
  }
}

class WasmSecretKey implements SecretKey {
  readonly x: Uint8Array
  readonly #secret: Uint8Array
  readonly #memory: CurveMemory
  readonly #module: Exports

  /** @param secret That whose public key's x the module has just given. */
  constructor(memory: CurveMemory, module: Exports, secret: Uint8Array) {
    this.#memory = memory
    this.#module = module
    this.#secret = Uint8Array.from(secret)
    this.x = memory.x.slice()
  }

  sharedX(encoding: Uint8Array): Uint8Array {
    const memory = this.#memory
    memory.scalar.set(this.#secret)
    memory.encoding.set(encoding)
    if (this.#module.shared_x() === 0) throw new RangeError('The key is wiped')
    const x = memory.x.slice()
    memory.x.fill(0)
    return x
  }

  wipe(): void {
    this.#secret.fill(0)
  }
}
