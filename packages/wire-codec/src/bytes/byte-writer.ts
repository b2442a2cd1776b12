import { aBigint, aHash, aText } from '../arguments/argument-check.ts'
import { requireArgument, requireBytes } from '../arguments/require-argument.ts'

const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

const anyHash = /* @__PURE__ */ aHash()

const MAX_U64 = 0xffff_ffff_ffff_ffffn
const MIN_I64 = -0x8000_0000_0000_0000n
const MAX_I64 = 0x7fff_ffff_ffff_ffffn

/** Up to about this many bytes a loop is quicker than a call of `set`. */
export const SMALL = 16

/**
 * Writes values one after the other into a buffer that grows. Numbers are little-endian unless the name says
 * otherwise. A number that does not fit its field throws a `RangeError`, a value of another type a
 * `TypeError`: what we send is ours to get right.
 */
export class ByteWriter {
  private buffer: Uint8Array
  private length = 0

  /**
   * @param capacity Bytes to start with; give the exact size where it is known,
   * and nothing is copied at the end.
   */
  constructor(capacity = 64) {
    this.buffer = new Uint8Array(capacity)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length
  }

  u8(value: number): this {
    const at = this.advance(1, value, 0, 0xff)
    this.buffer[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.advance(2, value, 0, 0xffff)
    this.buffer[at] = value
    this.buffer[at + 1] = value >>> 8
    return this
  }

  /** Big-endian, as ports are. */
  u16be(value: number): this {
    const at = this.advance(2, value, 0, 0xffff)
    this.buffer[at] = value >>> 8
    this.buffer[at + 1] = value
    return this
  }

  u32(value: number): this {
    return this.put32(this.advance(4, value, 0, 0xffff_ffff), value)
  }

  i32(value: number): this {
    return this.put32(this.advance(4, value, -0x8000_0000, 0x7fff_ffff), value)
  }

  /** 48 bits. */
  u48(value: number): this {
    const at = this.advance(6, value, 0, 0xffff_ffff_ffff)
    this.put32(at, value % 0x1_0000_0000)
    const high = Math.floor(value / 0x1_0000_0000)
    this.buffer[at + 4] = high
    this.buffer[at + 5] = high >>> 8
    return this
  }

  u64(value: bigint): this {
    if (typeof value !== 'bigint') requireArgument(aBigint, value, 'a field of 64 bits')
    const number = Number(value)
    // Nearly all are exact as a number, and engines compare those without a call.
    if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) return this.putSafe(number)
    if (value < 0n || value > MAX_U64) throw new RangeError(`Not an unsigned 64-bit number: ${value}`)
    scratchView.setBigUint64(0, value, true)
    return this.bytes(scratch)
  }

  i64(value: bigint): this {
    if (typeof value !== 'bigint') requireArgument(aBigint, value, 'a field of 64 bits')
    const number = Number(value)
    if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) return this.putSafe(number)
    if (value < MIN_I64 || value > MAX_I64) throw new RangeError(`Not a signed 64-bit number: ${value}`)
    scratchView.setBigInt64(0, value, true)
    return this.bytes(scratch)
  }

  /** Copies `bytes` in. */
  bytes(bytes: Uint8Array): this {
    const { length } = bytes
    const at = this.reserve(length)
    const { buffer } = this
    if (length > SMALL) buffer.set(bytes, at)
    else for (let i = 0; i < length; i++) buffer[at + i] = bytes[i]!
    return this
  }

  /** Sets `size` bytes aside, as a view to be filled before anything else is written. */
  claim(size: number): Uint8Array {
    const at = this.reserve(size)
    return this.buffer.subarray(at, at + size)
  }

  /** A CompactSize in its shortest form. */
  compactSize(value: number | bigint): this {
    const size = Number(value)
    if (size < 0 || (typeof value === 'number' && !Number.isSafeInteger(size)))
      throw new RangeError(`Not a size: ${value}`)
    if (size < 0xfd) return this.u8(size)
    if (size <= 0xffff) return this.u8(0xfd).u16(size)
    if (size <= 0xffff_ffff) return this.u8(0xfe).u32(size)
    return this.u8(0xff).u64(BigInt(value))
  }

  /** Length, then the bytes. */
  varBytes(bytes: Uint8Array): this {
    requireBytes(bytes, 'a field of bytes')
    return this.compactSize(bytes.length).bytes(bytes)
  }

  /** Length, then one byte for each character (U+0000 to U+00FF). */
  varString(text: string): this {
    if (typeof text !== 'string') requireArgument(aText, text, 'a field of text')
    const { length } = text
    const at = this.compactSize(length).reserve(length)
    const { buffer } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0xff) throw new RangeError(`Not a character from 0 to 255: ${code}`)
      buffer[at + i] = code
    }
    return this
  }

  /** A 32-byte hash. */
  hash(hash: Uint8Array): this {
    if (!(hash instanceof Uint8Array)) requireArgument(anyHash, hash, 'a field of a hash')
    if (hash.length !== 32) throw new RangeError(`Not a 32-byte hash: ${hash.length} bytes`)
    return this.bytes(hash)
  }

  /** What was written, in an array of exactly that length. The writer is not to be used after it. */
  finish(): Uint8Array {
    return this.length === this.buffer.length ? this.buffer : this.buffer.slice(0, this.length)
  }

  private put32(at: number, value: number): this {
    const { buffer } = this
    buffer[at] = value
    buffer[at + 1] = value >>> 8
    buffer[at + 2] = value >>> 16
    buffer[at + 3] = value >>> 24
    return this
  }

  /** Eight bytes, of a number that is exact. */
  private putSafe(value: number): this {
    const at = this.reserve(8)
    const low = value >>> 0
    this.put32(at, low)
    return this.put32(at + 4, (value - low) / 0x1_0000_0000)
  }

  private advance(size: number, value: number, least: number, most: number): number {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new RangeError(`Not a whole number from ${least} to ${most}: ${value}`)
    }
    return this.reserve(size)
  }

  private reserve(size: number): number {
    const at = this.length
    const needed = at + size
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2))
      larger.set(this.buffer)
      this.buffer = larger
    }
    this.length = needed
    return at
  }
}
