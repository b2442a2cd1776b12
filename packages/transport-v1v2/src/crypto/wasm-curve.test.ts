import { hexToBytes } from '@sapwood/wire-codec'
import { loadWasm } from '@sapwood/wire-codec/wasm'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createSeededRandom } from '../testing/index.ts'
import { nobleCrypto as noble } from './noble-crypto.ts'
import { runtimeCrypto as node } from './crypto.node.ts'
import { ellSwiftInverse } from './ellswift/encode.ts'
import { createWasmBackend } from './wasm-backend.ts'
import { createWasmCurve } from './wasm-curve.ts'

// Others of these tests have loaded what is replaced here, and what uses it; and others come after.
vi.hoisted(() => void vi.resetModules())
vi.mock(import('@sapwood/wire-codec/wasm'), async (original) => {
  const module = await original()
  return { ...module, loadWasm: vi.fn(module.loadWasm) }
})
afterAll(() => {
  vi.doUnmock('@sapwood/wire-codec/wasm')
  vi.resetModules()
})

const curve = createWasmCurve()!
const random = createSeededRandom('wasm curve')
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n
const scalar = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'))

/** Scalars at which digits, halves and what is taken modulo n change. */
const borders = [
  ...[1n, 2n, 3n, 31n, 32n, 63n, 64n, 65n, 1n << 128n, (1n << 128n) - 1n, (1n << 129n) - 1n, 1n << 255n],
  ...[LAMBDA, LAMBDA - 1n, LAMBDA + 1n, ORDER - LAMBDA, (LAMBDA * LAMBDA) % ORDER],
  ...[(ORDER - 1n) / 2n, (ORDER + 1n) / 2n, ORDER - 2n, ORDER - 1n],
]

describe('secp256k1 in WebAssembly', () => {
  it('makes the keys that node:crypto and noble make', () => {
    for (const value of borders) {
      const key = curve.createSecretKey(scalar(value))!
      expect(same(key.x, noble.createSecretKey(scalar(value))!.x), `${value}`).toBe(true)
    }
    let wrong = 0
    for (let round = 0; round < 1_000; round++) {
      const secret = random.bytes(32)
      if (!same(curve.createSecretKey(secret)!.x, node.createSecretKey(secret)!.x)) wrong += 1
    }
    expect(wrong).toBe(0)
  })

  it('shares what node:crypto and noble share', () => {
    const encoding = random.bytes(64)
    for (const value of borders) {
      const shared = curve.createSecretKey(scalar(value))!.sharedX(encoding)
      expect(same(shared, noble.createSecretKey(scalar(value))!.sharedX(encoding)), `${value}`).toBe(true)
    }
    let wrong = 0
    for (let round = 0; round < 500; round++) {
      const secret = random.bytes(32)
      const other = random.bytes(64)
      const mine = curve.createSecretKey(secret)!.sharedX(other)
      if (!same(mine, node.createSecretKey(secret)!.sharedX(other))) wrong += 1
    }
    expect(wrong).toBe(0)
  })

  it('gives the inverses that BigInt gives', () => {
    let found = 0
    for (let round = 0; round < 3_000; round++) {
      const [x, u] = [random.bytes(32), random.bytes(32)]
      const mine = curve.ellSwiftInverse(x, u, round & 7)
      const other = ellSwiftInverse(x, u, round & 7)
      expect(mine === undefined).toBe(other === undefined)
      if (mine === undefined || other === undefined) continue
      expect(same(mine, other)).toBe(true)
      found += 1
    }
    expect(found).toBeGreaterThan(500)
  })

  it('refuses what is no secret key', () => {
    for (const value of [0n, ORDER, ORDER + 1n, (1n << 256n) - 1n])
      expect(curve.createSecretKey(scalar(value))).toBeUndefined()
  })

  it('keeps its own copy of a secret, and shares nothing once that is wiped', () => {
    const secret = random.bytes(32)
    const encoding = random.bytes(64)
    const key = curve.createSecretKey(secret)!
    const shared = key.sharedX(encoding)
    secret.fill(0)
    expect(same(key.sharedX(encoding), shared)).toBe(true)
    key.wipe()
    expect(() => key.sharedX(encoding)).toThrow(RangeError)
  })

  it('leaves its memory as it would be after any other secret', () => {
    const exports = vi.mocked(loadWasm).mock.results.at(-1)!.value as {
      readonly memory: { buffer: ArrayBuffer }
    }
    const encoding = random.bytes(64)
    const image = (secret: Uint8Array): Buffer => {
      const key = curve.createSecretKey(secret)!
      const afterKey = Buffer.from(exports.memory.buffer.slice(0))
      // The public key, which stays until it is overwritten.
      for (let at = afterKey.indexOf(key.x); at >= 0; at = afterKey.indexOf(key.x))
        afterKey.fill(0, at, at + 32)
      key.sharedX(encoding)
      return Buffer.concat([afterKey, Buffer.from(exports.memory.buffer.slice(0))])
    }
    // What is public stays from one call to the next: the encoding, and the generator's multiples.
    image(random.bytes(32))
    const first = image(random.bytes(32))
    expect(first.some((byte) => byte !== 0)).toBe(true)
    expect(Buffer.compare(image(random.bytes(32)), first)).toBe(0)
  })

  it('is left to the runtime, with the ciphers, where WebAssembly cannot be loaded', () => {
    vi.mocked(loadWasm).mockReturnValue(undefined)
    try {
      expect(createWasmBackend(node, 1_000)).toBeUndefined()
    } finally {
      vi.mocked(loadWasm).mockReset()
    }
  })
})
