import { aBigint } from '../arguments/argument-check.ts'
import { requireArgument, requireBytes } from '../arguments/require-argument.ts'
import { SMALL } from '../bytes/byte-writer.ts'

const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

/**
 * Fills bytes whose number is known to be right; a number that does not fit its field throws a `RangeError`.
 */
export class FieldWriter {
  private readonly target: Uint8Array
  private at = 0

  constructor(target: Uint8Array) {
    this.target = target
  }

  u32(value: number): void {
    if (value >>> 0 !== value) throw new RangeError(`Not a whole number from 0 to 4294967295: ${value}`)
    this.put32(value)
  }

  i64(value: bigint): void {
    if (typeof value !== 'bigint') requireArgument(aBigint, value, 'an amount')
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`Not a signed 64-bit number: ${value}`)
    scratchView.setBigInt64(0, value, true)
    this.bytes(scratch)
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
