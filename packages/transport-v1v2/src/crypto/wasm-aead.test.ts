import { createCipheriv } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { Aead } from './backend.ts'
import { nobleCrypto as noble } from './noble-crypto.ts'
import { runtimeCrypto as node } from './crypto.node.ts'
import { createWasmCiphers } from './wasm-aead.ts'

const refuse = (): never => {
  throw new Error('What is small is not for the runtime')
}
const ciphers = createWasmCiphers({ chacha20: refuse, createAead: refuse }, Infinity)!

/** Bytes that differ everywhere, and with `seed`. */
const noise = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length)
  let x = seed
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = x >>> 16
  }
  return bytes
}
const key = noise(32, 7)
const nonceOf = (seed: number): Uint8Array => noise(12, seed)
const same = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.compare(a, b) === 0

/** What `node:crypto` makes of it, as one piece. */
function reference(nonce: Uint8Array, aad: Uint8Array | undefined, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  if (aad !== undefined) cipher.setAAD(aad, { plaintextLength: plaintext.length })
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Seals and opens in each of the four ways, and compares each with `node:crypto`. */
function check(aead: Aead, length: number, aadLength: number | undefined): void {
  const nonce = nonceOf(length + 1)
  const aad = aadLength === undefined ? undefined : noise(aadLength, 3)
  const plaintext = noise(length, length + 2)
  const expected = reference(nonce, aad, plaintext)
  const out = new Uint8Array(length + 16 + 6).fill(9)
  aead.sealInto(out, 5, nonce, aad, plaintext)
  const name = `${length} bytes with ${aadLength}`
  expect(same(out.subarray(5, -1), expected), name).toBe(true)
  expect([out[4], out.at(-1)], name).toEqual([9, 9])
  const cut = length >> 1
  const parts = aead.sealParts(nonce, aad, plaintext.subarray(0, cut), plaintext.subarray(cut))
  expect(same(Buffer.concat(parts), expected), name).toBe(true)
  expect(same(aead.open(nonce, aad, expected), plaintext), name).toBe(true)
  const sealed = [expected.subarray(0, cut), expected.subarray(cut, length)]
  const opened = aead.openParts(nonce, aad, sealed, expected.subarray(length))
  expect(same(opened && Buffer.concat(opened), plaintext), name).toBe(true)
}

describe('ChaCha20-Poly1305 in WebAssembly', () => {
  it('is what node:crypto makes, around every border of blocks', () => {
    const aead = ciphers.createAead(key)
    for (let length = 0; length <= 700; length++) check(aead, length, undefined)
    for (let aadLength = 0; aadLength <= 130; aadLength++) check(aead, aadLength, aadLength)
    for (const aadLength of [4_079, 4_080, 4_081, 4_095, 4_096]) check(aead, 33, aadLength)
  })

  it('is what node:crypto makes, around the borders of the parts that long messages are cut into', () => {
    const aead = ciphers.createAead(key)
    for (const border of [65_472, 65_536, 131_008, 131_072, 196_544]) {
      for (const off of [-257, -256, -17, -16, -1, 0, 1, 15, 16, 17, 64, 255, 256])
        check(aead, border + off, 9)
    }
  })

  it('is what noble makes, of many messages that are drawn', () => {
    const aead = ciphers.createAead(key)
    const other = noble.createAead(key)
    for (let seed = 1; seed < 400; seed++) {
      const [low = 0, high = 0, aadLength = 0] = noise(3, seed)
      const plaintext = noise(low * (high & 7), seed)
      const aad = noise(aadLength, seed + 1)
      const [mine, theirs] = [aead, other].map((by) => {
        const out = new Uint8Array(plaintext.length + 16)
        by.sealInto(out, 0, nonceOf(seed), aad, plaintext)
        return out
      })
      expect(same(mine, theirs!)).toBe(true)
      expect(same(aead.open(nonceOf(seed), aad, theirs!), plaintext)).toBe(true)
    }
  })

  it('opens nothing in which a bit of ciphertext, tag, aad or nonce is another', () => {
    const aead = ciphers.createAead(key)
    const nonce = nonceOf(1)
    const aad = noise(40)
    for (const length of [0, 1, 15, 16, 33, 192, 193, 300]) {
      const sealed = reference(nonce, aad, noise(length))
      const isRefused = (bent: Uint8Array, n: Uint8Array, a: Uint8Array): void => {
        expect(aead.open(n, a, bent)).toBeUndefined()
        expect(aead.openParts(n, a, [bent.subarray(0, length)], bent.subarray(length))).toBeUndefined()
      }
      const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
        Uint8Array.from(bytes, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      for (let bit = 0; bit < 8 * sealed.length; bit++) isRefused(flip(sealed, bit), nonce, aad)
      for (let bit = 0; bit < 8 * aad.length; bit++) isRefused(sealed, nonce, flip(aad, bit))
      for (let bit = 0; bit < 96; bit++) isRefused(sealed, flip(nonce, bit), aad)
      expect(aead.open(nonce, aad.subarray(1), sealed)).toBeUndefined()
      expect(aead.open(nonce, undefined, sealed)).toBeUndefined()
    }
    const long = reference(nonce, aad, noise(140_000))
    for (const at of [0, 65_471, 65_472, 131_008, 139_999, 140_000, 140_015]) {
      expect(
        aead.open(
          nonce,
          aad,
          Uint8Array.from(long, (byte, i) => (i === at ? byte ^ 1 : byte)),
        ),
      ).toBeUndefined()
    }
  })

  it('makes the keystream that node:crypto makes, of any length and from any block', () => {
    for (const [block, length] of [
      [0, 704],
      [1, 32],
      [0, 0],
      [3, 1],
      [0xffff_fffe, 128],
      [5, 65_536],
    ] as const) {
      const nonce = nonceOf(length)
      expect(
        same(ciphers.chacha20(key, nonce, block, length), node.chacha20(key, nonce, block, length)),
      ).toBe(true)
    }
  })

  it('leaves what is larger to the runtime, and what is authenticated with more', () => {
    const own = createWasmCiphers(node, 1_000)!
    const aead = own.createAead(key)
    for (const length of [999, 1_000, 1_001, 1_002]) check(aead, length, 7)
    check(aead, 10, 4_097)
    expect(() => ciphers.createAead(key).open(nonceOf(1), new Uint8Array(4_097), new Uint8Array(20))).toThrow(
      'not for the runtime',
    )
    expect(own.chacha20(key, nonceOf(1), 0, 65_537)).toEqual(node.chacha20(key, nonceOf(1), 0, 65_537))
    aead.wipe()
  })

  it('keeps neither keys nor plaintext in its memory', () => {
    let memory = new Uint8Array(0)
    const { WebAssembly } = globalThis as unknown as { WebAssembly: { Module: object; Instance: object } }
    const instantiate = WebAssembly.Instance as new (
      module: unknown,
    ) => { exports: { memory: { buffer: ArrayBuffer } } }
    class Watched {
      readonly exports: object
      constructor(module: unknown) {
        const { exports } = new instantiate(module)
        memory = new Uint8Array(exports.memory.buffer)
        this.exports = exports
      }
    }
    vi.stubGlobal('WebAssembly', { Module: WebAssembly.Module, Instance: Watched })
    const watched = createWasmCiphers(node, Infinity)!
    vi.unstubAllGlobals()
    const aead = watched.createAead(key)
    const holds = (secret: Uint8Array): boolean => Buffer.from(memory).includes(Buffer.from(secret))
    const nonce = nonceOf(1)
    const stream = node.chacha20(key, nonce, 0, 512)
    for (const length of [40, 500, 70_000]) {
      const plaintext = noise(length, 99)
      const sealed = reference(nonce, undefined, plaintext)
      const bent = Uint8Array.from(sealed, (byte, i) => (i === 0 ? byte ^ 1 : byte))
      for (const run of [
        () => aead.sealInto(new Uint8Array(length + 16), 0, nonce, undefined, plaintext),
        () => aead.sealParts(nonce, undefined, plaintext, new Uint8Array(0)),
        () => aead.open(nonce, undefined, sealed),
        () => aead.openParts(nonce, undefined, [sealed.subarray(0, length)], sealed.subarray(length)),
        () => aead.open(nonce, undefined, bent),
        () => aead.openParts(nonce, undefined, [bent.subarray(0, length)], bent.subarray(length)),
        () => watched.chacha20(key, nonce, 0, 512),
      ]) {
        run()
        expect(holds(key.subarray(0, 8))).toBe(false)
        expect(holds(plaintext.subarray(1, 9))).toBe(false)
        expect(holds(plaintext.subarray(-8))).toBe(false)
        for (let at = 0; at < 512; at += 64) expect(holds(stream.subarray(at, at + 8))).toBe(false)
      }
    }
  })

  it('is not there without WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined)
    expect(createWasmCiphers(node, 1)).toBeUndefined()
    vi.unstubAllGlobals()
  })
})
