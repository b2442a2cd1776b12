import { aBigint } from '../arguments/argument-check.ts'
import { requireArgument, requireBytes } from '../arguments/require-argument.ts'
import { SMALL } from './byte-writer.ts'

const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

/**
 * Fills bytes, zeros at first, whose number is known to be right: what is written often and in large numbers
 * (transactions, addresses) has its room as a whole. A number that does not fit its field throws a
 * `RangeError`.
 */
export class FieldWriter {
  private readonly target: Uint8Array
  private at = 0

  constructor(target: Uint8Array) {
    this.target = target
  }

  u8(value: number): void {
    if ((value & 0xff) !== value) throw notWhole(value, 0xff)
    this.target[this.at++] = value
  }

  /** Big-endian, as ports are. */
  u16be(value: number): void {
    if ((value & 0xffff) !== value) throw notWhole(value, 0xffff)
    const { target, at } = this
    target[at] = value >>> 8
    target[at + 1] = value
    this.at = at + 2
  }

  u32(value: number): void {
    if (value >>> 0 !== value) throw notWhole(value, 0xffff_ffff)
    this.put32(value)
  }

  i64(value: bigint): void {
    if (typeof value !== 'bigint') requireArgument(aBigint, value, 'an amount')
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`Not a signed 64-bit number: ${value}`)
    scratchView.setBigInt64(0, value, true)
    this.bytes(scratch)
  }

  u64(value: bigint): void {
    if (typeof value !== 'bigint') requireArgument(aBigint, value, 'a field of 64 bits')
    const number = Number(value)
    // Nearly all are exact as a number, and engines compare those without a call.
    if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) {
      const low = number >>> 0
      this.put32(low)
      this.put32((number - low) / 0x1_0000_0000)
      return
    }
    if (BigInt.asUintN(64, value) !== value) throw new RangeError(`Not an unsigned 64-bit number: ${value}`)
    scratchView.setBigUint64(0, value, true)
    this.bytes(scratch)
  }

  /** A CompactSize in its shortest form, of a field of 64 bits. */
  compactSize(value: bigint): void {
    if (typeof value !== 'bigint') requireArgument(aBigint, value, 'a field of 64 bits')
    const number = Number(value)
    if (number >= 0 && number <= 0xffff_ffff) {
      this.size(number)
      return
    }
    this.u8(0xff)
    this.u64(value)
  }

  /** Leaves zeros. */
  skip(size: number): void {
    this.at += size
  }

  /** A CompactSize in its shortest form, of what is in memory: never more than 32 bits. */
  size(value: number): void {
    const { target, at } = this
    if (value < 0xfd) {
      target[at] = value
      this.at = at + 1
    } else if (value <= 0xffff) {
      target[at] = 0xfd
      target[at + 1] = value
      target[at + 2] = value >>> 8
      this.at = at + 3
    } else {
      target[at] = 0xfe
      this.at = at + 1
      this.put32(value)
    }
  }

  bytes(bytes: Uint8Array): void {
    requireBytes(bytes, 'a hash, a script or a witness')
    const { target, at } = this
    const { length } = bytes
    if (length > SMALL) target.set(bytes, at)
    else for (let i = 0; i < length; i++) target[at + i] = bytes[i]!
    this.at = at + length
  }

  varBytes(bytes: Uint8Array): void {
    this.size(bytes.length)
    this.bytes(bytes)
  }

  private put32(value: number): void {
    const { target, at } = this
    target[at] = value
    target[at + 1] = value >>> 8
    target[at + 2] = value >>> 16
    target[at + 3] = value >>> 24
    this.at = at + 4
  }
}

function notWhole(value: number, most: number): RangeError {
  return new RangeError(`Not a whole number from 0 to ${most}: ${value}`)
}
