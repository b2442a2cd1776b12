import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import fc from 'fast-check'
import { bytesToHex } from '../bytes/hex.ts'
import { sha256Backend, useSha256Backend } from './backend-in-force.ts'
import { runtimeSha256 as node } from './crypto.node.ts'
import { runtimeSha256 as noble, startSha256 as startInPage } from './crypto.ts'
import { loadWasm } from './load-wasm.ts'
import { oneByOne } from './one-by-one.ts'
import { MESSAGE_CUTS } from './sha256-backend.ts'
import { createWasmSha256 } from './wasm-sha256.ts'

const reference = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest())
const twice = (bytes: Uint8Array): Uint8Array => reference(reference(bytes))
/** Bytes that differ everywhere, and with `seed`. */
const noise = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let i = 0, x = seed; i < length; i++)
    bytes[i] = (x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0) >>> 16
  return bytes
}

const backends = [
  ['wasm+node:crypto', createWasmSha256(node)!],
  ['wasm+noble', createWasmSha256(noble)!],
  ['node:crypto', oneByOne(node)],
  ['noble', oneByOne(noble)],
] as const

describe.each(backends)('SHA-256 by %s', (name, backend) => {
  const { sha256, sha256d, sha256dInto, hashMany, merkleLevel, hashHeaders } = backend

  it('says its name', () => {
    expect(backend.name).toBe(name)
  })

  it('of "abc" (FIPS 180-2)', () => {
    const abc = new TextEncoder().encode('abc')
    expect(bytesToHex(sha256(abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(bytesToHex(sha256d(abc))).toBe('4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358')
  })

  it('of anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), (bytes) => {
        expect(sha256(bytes)).toEqual(reference(bytes))
        expect(sha256d(bytes)).toEqual(twice(bytes))
      }),
    )
  })

  it('of messages around every border of blocks and of the memory that they go through', () => {
    const bytes = noise(400_000)
    for (const border of [64, 128, 640, 131_072, 262_144, 393_216]) {
      for (let length = border - 66; length <= border + 66; length++) {
        if (length > border + 2 && length < border + 54) continue
        if (border > 2_000 && length < border - 2) continue
        const message = bytes.subarray(3, 3 + length)
        expect(bytesToHex(sha256d(message)), `${length}`).toBe(bytesToHex(twice(message)))
      }
    }
  })

  it('is a Uint8Array and no Buffer', () => {
    for (const hash of [sha256, sha256d])
      expect(Object.getPrototypeOf(hash(new Uint8Array(1)))).toBe(Uint8Array.prototype)
  })

  it('is written into a place, which may be in its own input', () => {
    const row = Uint8Array.from({ length: 64 }, (_, i) => i)
    const expected = twice(row)
    sha256dInto(row, row, 16)
    expect(row.subarray(16, 48)).toEqual(expected)
    expect(row[15]).toBe(15)
    expect(row[48]).toBe(48)
  })

  /** Hashes messages of these lengths that stand one after the other, and compares each. */
  const checkMany = (lengths: readonly number[], gap: number, left = 0): void => {
    const source = noise(
      lengths.reduce((sum, length) => sum + length + gap + 2 * left, 7),
      lengths.length,
    )
    const cuts: number[] = []
    const expected: string[] = []
    let at = 7
    for (const length of lengths) {
      const end = at + length + 2 * left
      const [body, bodyEnd] = [at + 4 + left, end - 4 - left]
      cuts.push(at, body, bodyEnd, end)
      const message = [
        source.subarray(at, at + 4),
        source.subarray(body, bodyEnd),
        source.subarray(end - 4, end),
      ]
      expected.push(bytesToHex(twice(Buffer.concat(message))))
      at = end + gap
    }
    const before = source.slice()
    const target = new Uint8Array(32 * lengths.length)
    hashMany(source, Uint32Array.from(cuts), target)
    const got = lengths.map((_, i) => bytesToHex(target.subarray(32 * i, 32 * i + 32)))
    expect(got).toEqual(expected)
    expect(Buffer.compare(source, before)).toBe(0)
    expect(cuts.length).toBe(MESSAGE_CUTS * lengths.length)
  }

  it('hashes many messages of every length around the borders of blocks, whole and with their middles cut', () => {
    const lengths = Array.from({ length: 400 }, (_, i) => 8 + i)
    for (const left of [0, 2]) checkMany(lengths, 0, left)
    checkMany([...lengths].reverse(), 5, 2)
    for (let count = 0; count < 10; count++) checkMany(lengths.slice(100, 100 + count), 1, 1)
  })

  it('hashes many messages whose lengths have nothing to do with each other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(300), fc.nat(300), fc.nat(300), fc.nat(5_000)), {
          maxLength: 60,
          size: 'max',
        }),
        fc.nat(3),
        fc.nat(3),
        (lengths, gap, left) =>
          checkMany(
            lengths.map((length) => length + 8),
            gap,
            left,
          ),
      ),
      { numRuns: 60 },
    )
  })

  it('hashes more messages than one batch holds, by their number and by their bytes, and some larger than it', () => {
    checkMany(new Array<number>(5_000).fill(8), 0)
    checkMany(new Array<number>(700).fill(700), 0, 1)
    checkMany([100, 131_071, 60, 131_072, 131_073, 200, 300_000, 61, 62, 63, 64], 0)
    checkMany([200_000, 200_000, 200_000], 0)
  })

  it('hashes messages in any order, and those that lie over one another', () => {
    const source = noise(1_000)
    const starts = [500, 0, 250, 250, 260, 900, 1]
    const target = new Uint8Array(32 * starts.length)
    hashMany(source, Uint32Array.from(starts.flatMap((at) => [at, at + 4, at + 76, at + 80])), target)
    starts.forEach((at, i) =>
      expect(target.subarray(32 * i, 32 * i + 32)).toEqual(twice(source.subarray(at, at + 80))),
    )
  })

  it.each([0, 1, 2, 3, 4, 5, 7, 2_047, 2_048, 2_049, 4_500])('hashes a merkle level of %i pairs', (pairs) => {
    const row = noise(64 * pairs + 9, pairs)
    const before = row.slice()
    merkleLevel(row, pairs)
    for (let i = 0; i < pairs; i++) {
      const expected = bytesToHex(twice(before.subarray(64 * i, 64 * i + 64)))
      expect(bytesToHex(row.subarray(32 * i, 32 * i + 32))).toBe(expected)
    }
    expect(Buffer.compare(row.subarray(64 * pairs), before.subarray(64 * pairs))).toBe(0)
  })

  it.each([0, 1, 3, 4, 5, 1_617, 1_618, 1_619, 2_000, 4_100])('hashes %i headers', (count) => {
    const source = noise(5 + 81 * count, count)
    for (const stride of [80, 81]) {
      const hashes = hashHeaders(source, 5, stride, count)
      expect(hashes).toHaveLength(32 * count)
      for (let i = 0; i < count; i++) {
        const start = 5 + i * stride
        const expected = bytesToHex(twice(source.subarray(start, start + 80)))
        expect(bytesToHex(hashes.subarray(32 * i, 32 * i + 32))).toBe(expected)
      }
    }
  })
})

describe('which backend', () => {
  const chosen = sha256Backend()
  afterEach(() => {
    vi.unstubAllGlobals()
    useSha256Backend(chosen)
  })

  it('is WebAssembly where there is any, and a program may choose', () => {
    expect(sha256Backend().name).toBe('wasm+node:crypto')
    useSha256Backend(oneByOne(noble))
    expect(sha256Backend().name).toBe('noble')
  })

  it('is JavaScript in a page until WebAssembly has been loaded', async () => {
    const better = await new Promise<string>((resolve) => {
      expect(startInPage(({ name }) => resolve(name)).name).toBe('noble')
    })
    expect(better).toBe('wasm+noble')
  })

  it('is another where WebAssembly is missing, or may not be compiled', () => {
    vi.stubGlobal('WebAssembly', undefined)
    expect(createWasmSha256(noble)).toBeUndefined()
    const forbidden = (): never => {
      throw new EvalError('CSP')
    }
    vi.stubGlobal('WebAssembly', { Module: forbidden, Instance: forbidden })
    expect(createWasmSha256(noble)).toBeUndefined()
    vi.unstubAllGlobals()
    expect(loadWasm(btoa('\0asm'))).toBeUndefined()
  })
})
